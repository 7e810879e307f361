#include "encoder/bert_config.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

std::string config_with(const std::string& from = "", const std::string& to = "") {
  std::string text =
      R"({"model_type":"bert","hidden_size":384,"num_hidden_layers":6,"num_attention_heads":12,"intermediate_size":1536,)"
      R"("vocab_size":30522,"max_position_embeddings":512,"type_vocab_size":2,"hidden_act":"gelu","layer_norm_eps":1e-12})";
  if (!from.empty()) text.replace(text.find(from), from.size(), to);
  return text;
}

void expect_refused(const std::string& text, std::string_view reason) {
  const auto config = read_bert_config(text);
  ASSERT_FALSE(config.ok()) << text;
  EXPECT_EQ(config.error().code(), Code::invalid_argument);
  EXPECT_NE(config.error().message().find(reason), std::string::npos) << config.error().message();
}

TEST(BertConfig, ReadsAPlainModel) {
  const auto config = read_bert_config(config_with());
  ASSERT_TRUE(config.ok()) << config.error().to_string();
  EXPECT_EQ(config->hidden, 384u);
  EXPECT_EQ(config->head_dim(), 32u);
  EXPECT_EQ(config->max_tokens, 512u);
  EXPECT_EQ(config->activation, Activation::gelu_erf);
  EXPECT_FLOAT_EQ(config->layer_norm_epsilon, 1e-12f);
}

TEST(BertConfig, NamesWhatItCannotDo) {
  expect_refused("{", "JSON");
  expect_refused(config_with("\"bert\"", "\"roberta\""), "model_type");
  expect_refused(config_with("384", "0"), "hidden_size");
  expect_refused(config_with("384", "-384"), "hidden_size");
  expect_refused(config_with("384", "\"384\""), "hidden_size");
  expect_refused(config_with("384", "1000000"), "hidden_size");
  expect_refused(config_with("\"num_attention_heads\":12", "\"num_attention_heads\":13"), "even multiple");
  expect_refused(config_with("\"num_attention_heads\":12", "\"num_attention_heads\":384"), "even multiple");
  expect_refused(config_with("\"gelu\"", "\"swish\""), "hidden_act");
  expect_refused(config_with("1e-12", "7"), "layer_norm_eps");
  expect_refused(config_with("\"hidden_act\"", "\"position_embedding_type\":\"relative_key\",\"hidden_act\""),
                 "position_embedding_type");
}

TEST(BertConfig, ReadsPooling) {
  EXPECT_EQ(read_pooling(R"({"pooling_mode_mean_tokens":true,"pooling_mode_cls_token":false})").value(),
            Pooling::mean);
  EXPECT_EQ(read_pooling(R"({"pooling_mode_cls_token":true})").value(), Pooling::first);
  EXPECT_EQ(read_pooling(R"({"pooling_mode_max_tokens":true})").value(), Pooling::max);
  EXPECT_EQ(read_pooling(R"({"pooling_mode_lasttoken":true})").value(), Pooling::last);
  EXPECT_EQ(read_pooling(R"({"pooling_mode":"cls"})").value(), Pooling::first);
  EXPECT_FALSE(read_pooling(R"({"pooling_mode_mean_sqrt_len_tokens":true})").ok());
  EXPECT_FALSE(read_pooling(R"({"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":true})").ok());
  EXPECT_FALSE(read_pooling("{}").ok());
}

TEST(BertConfig, ReadsModules) {
  const std::string transformer = R"({"path":"","type":"sentence_transformers.models.Transformer"})";
  const std::string pooling = R"({"path":"1_Pooling","type":"sentence_transformers.models.Pooling"})";
  EXPECT_EQ(read_pooling_folder("[" + transformer + "," + pooling + "]").value(), "1_Pooling");
  EXPECT_EQ(read_pooling_folder("[" + transformer + "]").value(), "");
  EXPECT_FALSE(
      read_pooling_folder(R"([{"type":"sentence_transformers.models.Dense","path":"2_Dense"}])").ok());
  EXPECT_FALSE(read_pooling_folder(R"([{"type":"x.Pooling","path":"../../etc"}])").ok());
  EXPECT_FALSE(read_pooling_folder("{}").ok());
}

TEST(BertConfig, ReadsLength) {
  EXPECT_EQ(read_max_tokens(R"({"max_seq_length":256})").value(), 256u);
  EXPECT_EQ(read_max_tokens(R"({"max_seq_length":null})").value(), std::nullopt);
  EXPECT_EQ(read_max_tokens("{}").value(), std::nullopt);
  EXPECT_FALSE(read_max_tokens(R"({"max_seq_length":2})").ok());
}

}  // namespace
}  // namespace loadline
