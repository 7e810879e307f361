#pragma once
// From one dialect to another: requests on their way up, answers and errors on their way down. Through a
// neutral form (chat_form.h), never pairwise. Pure functions; both sides the same dialect gives the same
// bytes.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dialect/dialect.h"

namespace loadline {

struct Translated {
  std::string body;
  /// Names of the source's fields that were dropped or coerced ("seed", "messages[2].name"), each once, in
  /// order of the source; of very many the first 64 and "...". Never content.
  std::vector<std::string> losses;
};

struct RequestOptions {
  std::string model;  // the upstream's name of the model; "": as in the body
  std::uint64_t output_tokens_max =
      4096;  // where the target demands a limit and the source has none (Anthropic)
  std::string openai_limit_field = "max_completion_tokens";
};

/// May requests of `client` be sent to `upstream` at all? Chat dialects among themselves, completions to chat
/// dialects, the rest only to its own kind.
bool can_translate(Dialect client, Dialect upstream);

/// invalid_argument, naming the field first ("messages[1].content[0]: ..."): the target cannot express it and
/// dropping it would change what the caller gets (n, logprobs, files, state at the provider ...), or the body
/// is malformed.
Result<Translated> translate_request(Dialect client, Dialect upstream, std::string_view body,
                                     const RequestFacts& facts, const RequestOptions& options);

struct AnswerOptions {
  std::int64_t created_seconds = 0;  // for dialects that date their answers, where the upstream's does not
};

/// The whole answer of `upstream` in the form of `client`. invalid_argument: it is not an answer of that
/// dialect.
Result<Translated> translate_response(Dialect upstream, Dialect client, std::string_view body,
                                      const AnswerOptions& options);

/// An error body of `upstream` as `client` expects it: the message and, as far as they correspond, type and
/// code. A body that is no JSON of that dialect gives a message that names only the status.
std::string translate_error(Dialect upstream, Dialect client, int status, std::string_view body);
/// Our own error in the form of `client`. `code`: a word for programs ("budget_exhausted"); may be "".
std::string error_body(Dialect client, int status, std::string_view code, std::string_view message);

}  // namespace loadline
