#include "llama/grammar.h"

#include <json-schema-to-grammar.h>

#include <exception>

#include "llama/gbnf_check.h"
#include "llama/handles.h"

namespace loadline::llama {
namespace {

class GrammarConstraint final : public TokenConstraint {
 public:
  explicit GrammarConstraint(SamplerHandle sampler) : sampler_(std::move(sampler)) {}

  void check(std::span<const TokenId> tokens, std::vector<bool>& allowed) override {
    candidates_.clear();
    for (const TokenId token : tokens) candidates_.push_back({token, 0.0F, 0.0F});
    llama_token_data_array array{candidates_.data(), candidates_.size(), -1, false};
    llama_sampler_apply(sampler_.get(), &array);
    allowed.assign(tokens.size(), false);
    for (std::size_t i = 0; i < tokens.size(); ++i) allowed[i] = candidates_[i].logit == 0.0F;
  }

  void accept(TokenId token) override { llama_sampler_accept(sampler_.get(), token); }

 private:
  SamplerHandle sampler_;
  std::vector<llama_token_data> candidates_;
};

Error bad_grammar(const std::string& why) {
  return Error(Code::invalid_argument, "the grammar cannot be used: " + why);
}

SamplerHandle parse(const GrammarRule& rule, const Vocabulary& vocabulary) {
  if (!rule.lazy)
    return SamplerHandle(llama_sampler_init_grammar(vocabulary.handle(), rule.text.c_str(), "root"));
  std::vector<const char*> patterns;
  for (const std::string& pattern : rule.trigger_patterns) patterns.push_back(pattern.c_str());
  return SamplerHandle(llama_sampler_init_grammar_lazy_patterns(
      vocabulary.handle(), rule.text.c_str(), "root", patterns.data(), patterns.size(),
      rule.trigger_tokens.data(), rule.trigger_tokens.size()));
}

}  // namespace

Result<std::unique_ptr<TokenConstraint>> make_constraint(const GrammarRule& rule,
                                                         const Vocabulary& vocabulary) {
  if (rule.text.empty()) return std::unique_ptr<TokenConstraint>();
  if (rule.text.size() > grammar_bytes_max)
    return bad_grammar("it has more than " + std::to_string(grammar_bytes_max) + " bytes");
  LOADLINE_TRY(check_gbnf(rule.text));
  try {
    SamplerHandle sampler = parse(rule, vocabulary);
    if (!sampler) return bad_grammar("a rule refers to itself on its left, or to a token that is not there");
    if (!rule.lazy) {
      for (const std::int32_t token : rule.prefix) llama_sampler_accept(sampler.get(), token);
    }
    return std::unique_ptr<TokenConstraint>(std::make_unique<GrammarConstraint>(std::move(sampler)));
  } catch (const std::exception&) {  // its text may quote the grammar
    return bad_grammar("it cannot begin where the answer begins");
  }
}

Result<std::string> schema_grammar(const std::string& schema) {
  if (schema.size() > schema_bytes_max)
    return Error(Code::invalid_argument, "the JSON schema has " + std::to_string(schema.size()) +
                                             " bytes, more than " + std::to_string(schema_bytes_max));
  common_json parsed;
  try {
    parsed = common_json::parse(schema);
  } catch (const std::exception&) {
    return Error(Code::invalid_argument, "the JSON schema is not valid JSON");
  }
  try {
    return json_schema_to_grammar(parsed);
  } catch (const std::exception& failure) {
    return Error(Code::invalid_argument,
                 std::string("the JSON schema cannot be enforced: ") + failure.what());
  }
}

}  // namespace loadline::llama
