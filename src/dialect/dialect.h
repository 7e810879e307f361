#pragma once
// The wire forms of model APIs, and the facts of a request that the gateway decides by: found in one scan of
// the raw JSON, with byte ranges, so that a request that is not translated leaves as it came but for the
// bytes that were meant to change. Pure functions, no policy.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dialect/json_scan.h"
#include "dialect/json_string.h"

namespace loadline {

/// Azure's OpenAI is openai_chat at another address. Gemini is spoken to upstreams only, not by clients.
enum class Dialect : std::uint8_t {
  openai_chat,         // POST /v1/chat/completions
  openai_completions,  // POST /v1/completions
  openai_embeddings,   // POST /v1/embeddings
  openai_responses,    // POST /v1/responses
  anthropic_messages,  // POST /v1/messages
  gemini,              // POST /v1beta/models/MODEL:generateContent, :streamGenerateContent?alt=sse
};
/// "openai_chat" ..., as in the manifest.
std::string_view dialect_name(Dialect dialect);
std::optional<Dialect> dialect_named(std::string_view name);

/// Tokens as the provider counted them. Missing is not zero: a field that the provider did not send is empty.
struct UsageFacts {
  std::optional<std::uint64_t> input_tokens;        // the whole prompt, what came from a cache included
  std::optional<std::uint64_t> output_tokens;       // all that was generated, reasoning included
  std::optional<std::uint64_t> cached_tokens;       // of input_tokens: read from the provider's cache
  std::optional<std::uint64_t> cache_write_tokens;  // of input_tokens: written to it
  std::optional<std::uint64_t> reasoning_tokens;    // of output_tokens
  bool is_empty() const { return !input_tokens && !output_tokens; }
  /// Fields that `later` has replace ours: streams report in parts.
  void merge(const UsageFacts& later);
  bool operator==(const UsageFacts&) const = default;
};

enum class TextRole : std::uint8_t { none, system, user, assistant, tool };
enum class TextKind : std::uint8_t {
  text,
  reasoning,       // thinking blocks, reasoning summaries
  tool_arguments,  // a call's arguments
  tool_result,
  tool_description,  // descriptions in tool definitions, and names and texts of their schemas
  schema,            // of response_format and the like
  embedding_input,
  url,        // of an image or a file that the provider fetches
  file_text,  // a document given as text
  metadata,   // user ids, metadata, names, stop sequences
  other,      // a string in a field that is not known here: goes upstream, so guards must read it
};

/// A string of the body that goes upstream as content. Every string (and every key or number inside tool
/// arguments and results, and the name of a member that is not known and not plain) is either one of these or
/// structural: field names, type words, ids, model names,
/// base64 data, signatures.
struct TextPlace {
  ByteRange raw;  // the token, quotes included
  TextRole role = TextRole::none;
  TextKind kind = TextKind::text;
  JsonKind token = JsonKind::string;  // or number: inside a JSON object of arguments; replace it by a string
  bool is_key = false;                // a member's name
  std::uint32_t message = 0;          // index of its message or input item; 0 outside
};

/// Facts of one request. Ranges are into the body they were read from.
struct RequestFacts {
  Dialect dialect = Dialect::openai_chat;
  std::string model;      // "" if there is none (Gemini names it in the address)
  ByteRange model_range;  // the string token; empty if there is none
  bool stream = false;
  bool include_usage = false;  // the client asked for usage in the stream (others send it anyway)
  std::optional<std::uint64_t> output_limit;  // tokens; the smallest if it is given twice
  std::uint32_t choices = 1;                  // n
  std::size_t inputs = 1;                     // messages, input items, or texts to embed
  bool has_tools = false;
  bool has_json_schema = false;  // a JSON schema or JSON mode is demanded
  bool has_images = false;
  bool has_files = false;     // documents, audio
  bool has_thinking = false;  // reasoning asked for, or reasoning blocks in the history
  bool has_prefill = false;   // the last message is the assistant's
  bool has_logprobs = false;
  bool has_token_ids = false;  // a prompt or input given as token numbers: no guard can read it
  /// Builds on state at the provider: previous_response_id, conversation, a stored prompt.
  bool is_stateful = false;
  /// Leaves state there: store. In Responses that is what happens unless it is false.
  bool is_stored = false;
  std::vector<TextPlace> texts;  // in order of the body
  std::size_t text_bytes = 0;    // raw bytes of all texts: what a token estimate starts from
  std::size_t image_count = 0;

  // Where edits go.
  std::vector<ByteRange> output_limit_ranges;  // the number tokens (or null) of the output limit's fields
  ByteRange stream_options_range;              // the object or null; empty if there is none
  ByteRange include_usage_range;               // the value's token; empty if there is none
  std::size_t fields_at = 0;                   // behind the body's "{": a new field goes here
  bool has_fields = false;                     // the body's object is not empty
  std::size_t messages_at = 0;                 // behind the "[" of the messages; 0 if there are none
  std::size_t messages_end = 0;                // at their "]"
  std::size_t config_at = 0;  // behind the "{" of Gemini's generationConfig; 0 if there is none
  bool has_config_fields = false;
};

/// Facts of `body`. invalid_argument: no JSON object, a key twice in one object, or a field whose type makes
/// the facts unknowable (the message names it). What only the provider can judge is left to it.
Result<RequestFacts> read_request(Dialect dialect, std::string_view body);

/// `body` with another model name. Facts must be of this very body; after an edit read them anew.
std::string replace_model(std::string_view body, const RequestFacts& facts, std::string_view name);
/// `body` with this output limit, in the field it has or in the one the dialect prefers (OpenAI chat: the
/// field `openai_field` if it has none: newer models want "max_completion_tokens", older servers only know
/// "max_tokens").
std::string set_output_limit(std::string_view body, const RequestFacts& facts, std::uint64_t tokens,
                             std::string_view openai_field = "max_completion_tokens");
/// `body` such that the stream ends with usage. Only OpenAI chat and completions streams must ask; others
/// come back unchanged. If `facts.include_usage` was false, the client must not see the extra: see
/// without_usage (stream_facts.h).
std::string force_usage(std::string_view body, const RequestFacts& facts);
/// `body` with an assistant message of `text` at the end, for a model that continues from there.
/// failed_precondition: the dialect has no such thing (completions get the text behind their prompt;
/// Responses, embeddings: none), or the last message is the assistant's already.
Result<std::string> with_prefill(std::string_view body, const RequestFacts& facts, std::string_view text);

/// `body` with `text` at the end of what the system says; where it says nothing, as its only word.
/// failed_precondition: nothing of the kind can be said in the dialect (completions, embeddings).
Result<std::string> with_system_text(std::string_view body, const RequestFacts& facts, std::string_view text);

/// One stream of text within an answer: text of different channels is never joined.
enum class ChannelKind : std::uint8_t { text, reasoning, refusal, tool_arguments };
struct Channel {
  std::uint32_t choice = 0;
  ChannelKind kind = ChannelKind::text;
  std::uint32_t part = 0;  // content block, output item or tool call: what the dialect counts
  bool operator==(const Channel&) const = default;
};

enum class FinishKind : std::uint8_t { stop, length, tool_calls, content_filter, other };

struct AnswerText {
  ByteRange raw;  // the token, quotes included
  Channel channel;
  JsonKind token = JsonKind::string;  // or number: inside an object of tool arguments
  bool is_key = false;
  /// It stands for itself: a whole text, not a piece that continues its channel. Whole answers, tool
  /// arguments that come as an object (each string alone), and the repetitions at the end of a Responses
  /// stream.
  bool is_whole = true;
};

/// Facts of a whole answer (not a stream).
struct AnswerFacts {
  std::string model;
  std::string id;
  std::vector<AnswerText> texts;
  UsageFacts usage;
  std::optional<FinishKind> finish;  // of the first choice
};
/// invalid_argument: no JSON object, or a key twice in one object.
Result<AnswerFacts> read_answer(Dialect dialect, std::string_view body);
/// Usage of a whole answer; everything is missing if the body says nothing; nothing at all: it is no JSON.
std::optional<UsageFacts> read_usage(Dialect dialect, std::string_view body);

}  // namespace loadline
