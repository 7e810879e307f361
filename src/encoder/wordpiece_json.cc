// Wordpiece::from_tokenizer_json: the settings of tokenizer.json, checked one by one, because a setting that
// is silently ignored gives vectors that are silently wrong.
#include <boost/json.hpp>

#include "encoder/json_reader.h"
#include "encoder/wordpiece.h"

namespace loadline {
namespace {

namespace json = boost::json;

Error unsupported(const std::string& what) {
  return Error(Code::invalid_argument,
               "tokenizer.json: " + what + " is not supported; expected a BERT WordPiece tokenizer");
}

Status read_normalizer(const json::object& root, WordpieceOptions& options) {
  const json::value* normalizer = root.if_contains("normalizer");
  if (!normalizer || string_member(*normalizer, "type") != "BertNormalizer")
    return unsupported("the normalizer");
  if (!bool_member(*normalizer, "clean_text", true)) return unsupported("clean_text: false");
  options.split_ideographs = bool_member(*normalizer, "handle_chinese_chars", true);
  options.lowercase = bool_member(*normalizer, "lowercase", true);
  const json::value* accents = normalizer->as_object().if_contains("strip_accents");
  if (accents && accents->is_bool()) options.strip_accents = accents->get_bool();
  return {};
}

Status read_added_tokens(const json::object& root, WordpieceOptions& options) {
  options.special.clear();
  const json::value* added = root.if_contains("added_tokens");
  if (!added || !added->is_array()) return {};
  for (const json::value& token : added->get_array()) {
    for (std::string_view flag : {"single_word", "lstrip", "rstrip", "normalized"}) {
      if (bool_member(token, flag, false)) return unsupported("an added token with " + std::string(flag));
    }
    options.special.push_back(string_member(token, "content"));
  }
  return {};
}

Status read_model_settings(const json::value& model, WordpieceOptions& options) {
  if (!model.is_object() || string_member(model, "type") != "WordPiece") return unsupported("the model type");
  if (string_member(model, "continuing_subword_prefix") != "##") return unsupported("the subword prefix");
  options.unknown = string_member(model, "unk_token");
  options.word_chars_max = size_member(model, "max_input_chars_per_word", 100, 1u << 20).value_or(0);
  if (options.word_chars_max == 0) return unsupported("max_input_chars_per_word");
  return {};
}

}  // namespace

Result<Wordpiece> Wordpiece::from_tokenizer_json(std::string_view file) {
  LOADLINE_ASSIGN(const json::value parsed, parse_json(file, "tokenizer.json", file_bytes_max));
  if (!parsed.is_object()) return unsupported("a file that holds no object");
  const json::object& root = parsed.get_object();
  WordpieceOptions options;
  LOADLINE_TRY(read_normalizer(root, options));
  LOADLINE_TRY(read_added_tokens(root, options));
  const json::value* splitter = root.if_contains("pre_tokenizer");
  if (!splitter || string_member(*splitter, "type") != "BertPreTokenizer")
    return unsupported("the pre_tokenizer");
  const json::value* model = root.if_contains("model");
  if (!model) return unsupported("a file without a model");
  LOADLINE_TRY(read_model_settings(*model, options));
  const json::value* vocabulary = model->get_object().if_contains("vocab");
  if (!vocabulary || !vocabulary->is_object() || vocabulary->get_object().size() > vocabulary_max) {
    return unsupported("the vocabulary");
  }
  std::vector<Entry> entries;
  for (const auto& [token, id] : vocabulary->get_object()) {
    if (!id.is_int64() || id.get_int64() < 0 || id.get_int64() >= static_cast<std::int64_t>(vocabulary_max)) {
      return unsupported("a token id that is not a number from 0 to 4194303");
    }
    entries.emplace_back(std::string_view(token.data(), token.size()),
                         static_cast<std::int32_t>(id.get_int64()));
  }
  return build(entries, std::move(options));
}

}  // namespace loadline
