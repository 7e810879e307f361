#include "privacy/name_tagger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/rng.h"

namespace loadline {
namespace {

// An encoder that says nothing of its words: what the tagger finds then, it finds by their properties.
class SilentEmbedder final : public Embedder {
 public:
  SilentEmbedder() {
    info_ = {std::string(NameTagger::trained_for), "", "f32", NameTagger::vector_size, 256};
  }
  const EmbedderInfo& info() const override { return info_; }
  Result<Matrix> embed(std::span<const std::string_view>, const CallContext&) const override {
    return Error(Code::internal, "not asked for here");
  }
  Result<Matrix> token_vectors(std::string_view text, std::vector<TokenSpan>& tokens,
                               const CallContext& context) const override {
    LOADLINE_TRY(context.check());
    tokens = tokenize(text);
    return Matrix{tokens.size(), info_.dimensions, std::vector<float>(tokens.size() * info_.dimensions)};
  }
  std::vector<TokenSpan> tokenize(std::string_view text) const override {
    std::vector<TokenSpan> tokens(1);
    for (std::uint32_t at = 0; at < text.size(); at += 3)
      tokens.push_back({1, at, std::min<std::uint32_t>(at + 3, static_cast<std::uint32_t>(text.size()))});
    return tokens;
  }
  EmbedderInfo info_;
};

struct Tagger {
  SilentEmbedder embedder;
  ManualClock clock;
  CallContext context;
  NameTagger tagger = NameTagger::make(embedder).value();
  Tagger() { context.clock = &clock; }
};

TEST(NameTagger, AnotherEncoderIsRefused) {
  SilentEmbedder other;
  other.info_.name = "another";
  const auto made = NameTagger::make(other);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), Code::failed_precondition);
  EXPECT_NE(made.error().message().find("all-minilm-l6-v2"), std::string::npos);
}

TEST(NameTagger, FindingsAreInOrderAndWholeWords) {
  Tagger t;
  Rng rng(1);
  std::size_t found = 0;
  static constexpr std::string_view pieces[] = {"Dear ",
                                                "Mr. ",
                                                "Lind ",
                                                "Smith ",
                                                "in London ",
                                                "GmbH ",
                                                "12 Quarry Lane ",
                                                "\n",
                                                "the bank ",
                                                "1970 ",
                                                "\xC3\x89va ",
                                                "\xFF ",
                                                "Monday, ",
                                                "[PERSON_7F3BK2QX] ",
                                                "www.brackwater.example "};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (std::uint32_t i = rng.below(20); i > 0; --i) text += pieces[rng.below(std::size(pieces))];
    std::vector<Finding> all;
    ASSERT_TRUE(t.tagger.find(text, t.context, all));
    std::size_t before = 0;
    for (const Finding& finding : all) {
      ASSERT_GE(finding.begin, before);
      ASSERT_GT(finding.end, finding.begin);
      ASSERT_LE(finding.end, text.size());
      ASSERT_GT(finding.confidence, 0);
      ASSERT_LE(finding.confidence, NameTagger::confidence_max);
      // A token of the vault stands for a value already.
      ASSERT_EQ(text.substr(finding.begin, finding.end - finding.begin).find("[PERSON_"), std::string::npos);
      before = finding.end;
    }
    found += all.size();
  }
  EXPECT_GT(found, 300U);
}

TEST(NameTagger, FormDecidesOnAddressesOfTheWebAndUnknownScriptsAreLeft) {
  Tagger t;
  std::vector<Finding> all;
  const std::string text = "nothing but brackwater.example to see";
  ASSERT_TRUE(t.tagger.find(text, t.context, all));
  ASSERT_EQ(
      std::count_if(all.begin(), all.end(), [](const Finding& f) { return f.type == DataType::web_address; }),
      1);
  EXPECT_EQ(text.substr(all.back().begin, all.back().end - all.back().begin), "brackwater.example");
  all.clear();
  const std::string chinese = "Dear \xE8\xAF\xB7\xE8\xA7\xA3\xE9\x87\x8A";
  ASSERT_TRUE(t.tagger.find(chinese, t.context, all));
  for (const Finding& finding : all) EXPECT_LT(finding.end, 6U);
}

TEST(NameTagger, AnEncoderThatIsLateIsAnError) {
  Tagger t;
  t.context.deadline = t.clock.now() - std::chrono::milliseconds(1);
  std::vector<Finding> all;
  const Status found = t.tagger.find("Dear Mr. Lind", t.context, all);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), Code::deadline_exceeded);
  EXPECT_TRUE(all.empty());
}

}  // namespace
}  // namespace loadline
