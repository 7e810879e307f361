#pragma once
// Grammars in GBNF as a constraint on tokens, and JSON schemas as grammars. Failures here are the request's
// own fault (invalid_argument). One thread per object.
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "llama/token_sampler.h"
#include "llama/vocabulary.h"

namespace loadline::llama {

struct GrammarRule {
  std::string text;   // GBNF with a rule "root"; empty: no grammar
  bool lazy = false;  // constrains only from the first trigger on
  std::vector<std::string> trigger_patterns;
  std::vector<std::int32_t> trigger_tokens;
  std::vector<std::int32_t> prefix;  // tokens of the prompt that the grammar wants to see first
};

constexpr std::size_t grammar_bytes_max = 256U << 10;
constexpr std::size_t schema_bytes_max = 64U << 10;

/// Null without a text. invalid_argument if it cannot be read, is left-recursive or too large. The vocabulary
/// must outlive the result.
Result<std::unique_ptr<TokenConstraint>> make_constraint(const GrammarRule& rule,
                                                         const Vocabulary& vocabulary);

/// The GBNF of a JSON schema (given as text). invalid_argument if it is not JSON, or uses what cannot be
/// turned into a grammar.
Result<std::string> schema_grammar(const std::string& schema);

}  // namespace loadline::llama
