#pragma once
// The neutral form that translations go through: a conversation of blocks, an answer of blocks, and the
// pieces of a streamed answer. What a dialect alone understands (signatures of reasoning) is carried as it
// is, with a tag that says whose it is, so that it finds its way back. Private to this module. Plain values,
// good as long as the index of the text they were read from.
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "dialect/dialect.h"
#include "dialect/json_writer.h"
#include "dialect/sse_parser.h"

namespace loadline {

/// Names that are listed; further ones become one "...".
inline constexpr std::size_t losses_max = 64;

/// Names of fields that were dropped or coerced, each once.
class Losses {
 public:
  void add(std::string name);
  /// The value's path with something behind it.
  void add(JsonView at, std::string_view field = {});
  const std::vector<std::string>& names() const { return names_; }

 private:
  bool is_full() const { return names_.size() > losses_max; }
  std::vector<std::string> names_;
};

/// Who signed a piece of reasoning, and can read it again.
enum class Signer : std::uint8_t { nobody, anthropic, anthropic_redacted, gemini };
struct Signature {
  Signer signer = Signer::nobody;
  std::string bytes;
  explicit operator bool() const { return signer != Signer::nobody; }
};
/// A signature in the signature field of a dialect whose own ones stand there bare (`native`): others get the
/// tag "loadline:SIGNER:".
std::string written_signature(const Signature& signature, Signer native);
Signature read_signature(std::string_view text, Signer native);

enum class ChatBlockKind : std::uint8_t { text, refusal, image, thinking, tool_call, tool_result };
struct ChatBlock {
  ChatBlockKind kind = ChatBlockKind::text;
  std::string text;                // of a tool call: its arguments as JSON text
  std::string id;                  // of a call, and of the call that a result answers
  std::string name;                // of a call
  std::string media_type;          // of an image with data
  std::string data;                // base64
  std::string url;                 // of an image without
  std::string cache_control;       // raw JSON of Anthropic's
  Signature signature;             // of thinking; Gemini signs calls
  bool is_error = false;           // of a result
  std::vector<ChatBlock> content;  // of a result: texts and images
  JsonView at;                     // where it stood, for messages: paths are made only when one is due
};

struct Turn {
  TextRole role = TextRole::user;  // never none; results stand in tool turns
  std::vector<ChatBlock> blocks;
  JsonView at;
};

struct ToolForm {
  std::string name, description;
  std::string schema;  // raw JSON; "": none
  std::string cache_control;
  std::optional<bool> strict;
  JsonView at;
};

enum class ToolChoice : std::uint8_t { unset, none, automatic, required, named };
enum class FormatKind : std::uint8_t { unset, json_object, json_schema };

struct ChatForm {
  std::string model;
  std::vector<Turn> turns;
  std::vector<ToolForm> tools;
  ToolChoice tool_choice = ToolChoice::unset;
  std::string tool_name;
  std::optional<bool> parallel_tools;
  FormatKind format = FormatKind::unset;
  std::string schema_name, schema_description, schema;  // schema: raw JSON
  std::optional<bool> schema_strict;
  std::string format_path;
  std::optional<std::uint64_t> output_limit;
  // Raw numbers; "": not given.
  std::string temperature, top_p, top_k, seed, presence_penalty, frequency_penalty;
  std::vector<std::string> stops;
  std::string stops_path;
  std::string effort;  // "none" | "minimal" | "low" | "medium" | "high" ...; "": not given
  std::optional<std::uint64_t> thinking_tokens;
  std::string effort_path;
  std::string user, user_path;
  std::string service_tier;  // in OpenAI's words
  bool stream = false;
};

/// The reading end of a request. Everything the form has no place for becomes a loss, or the error that is
/// returned (invalid_argument, with the field's path first).
Result<ChatForm> read_openai_chat_request(JsonView root, Losses& losses);
Result<ChatForm> read_openai_completions_request(JsonView root, Losses& losses);
Result<ChatForm> read_openai_responses_request(JsonView root, Losses& losses);
Result<ChatForm> read_anthropic_request(JsonView root, Losses& losses);

struct WriteOptions {
  std::uint64_t output_tokens_max = 0;
  std::string openai_limit_field;
};
Result<std::string> write_openai_chat_request(const ChatForm& form, const WriteOptions& options,
                                              Losses& losses);
Result<std::string> write_anthropic_request(const ChatForm& form, const WriteOptions& options,
                                            Losses& losses);
Result<std::string> write_gemini_request(const ChatForm& form, const WriteOptions& options, Losses& losses);

struct AnswerForm {
  std::string id, model;
  std::int64_t created = 0;
  std::vector<ChatBlock> blocks;
  FinishKind finish = FinishKind::stop;
  std::string stop_sequence;
  UsageFacts usage;
};
Result<AnswerForm> read_openai_chat_answer(JsonView root, Losses& losses);
Result<AnswerForm> read_anthropic_answer(JsonView root, Losses& losses);
Result<AnswerForm> read_gemini_answer(JsonView root, Losses& losses);
std::string write_openai_chat_answer(const AnswerForm& answer);
std::string write_openai_completions_answer(const AnswerForm& answer);
std::string write_openai_responses_answer(const AnswerForm& answer);
std::string write_anthropic_answer(const AnswerForm& answer);

/// A piece of a streamed answer. Blocks come one after the other: a piece of another kind, or a call_begin,
/// begins a new one. Arguments name their call, so that calls that interleave stay apart.
enum class PieceKind : std::uint8_t {
  begin,
  text,
  refusal,
  thinking,
  signature,
  call_begin,
  call_arguments,
  usage,
  finish,
  end,
  error
};
struct Piece {
  PieceKind kind = PieceKind::text;
  std::string text;        // also: model of begin, error's message
  std::string id, name;    // of begin and call_begin
  std::uint32_t call = 0;  // index of the call
  Signature signature;     // of signature and call_begin
  FinishKind finish = FinishKind::stop;
  UsageFacts usage;
  std::int64_t created = 0;
};

/// State that reading one upstream's stream needs.
struct StreamReading {
  bool has_begun = false;
  std::uint32_t calls = 0;                                      // seen so far
  std::vector<std::pair<std::uint64_t, std::uint32_t>> blocks;  // Anthropic: content block -> call
  std::string answer_id;
  Signature of_call;  // that came in front of its call
};
/// Appends the pieces of one event. invalid_argument: malformed.
Status read_openai_chat_event(const SseEvent& event, StreamReading& state, std::vector<Piece>& pieces,
                              Losses& losses);
Status read_anthropic_event(const SseEvent& event, StreamReading& state, std::vector<Piece>& pieces,
                            Losses& losses);
Status read_gemini_event(const SseEvent& event, StreamReading& state, std::vector<Piece>& pieces,
                         Losses& losses);

/// The writing end: one for each client dialect.
class PieceWriter {
 public:
  virtual ~PieceWriter() = default;
  virtual void write(const Piece& piece, std::string& out) = 0;
};
struct WriterOptions {
  std::string model;
  bool include_usage = false;
  std::int64_t created = 0;
};
std::unique_ptr<PieceWriter> make_openai_chat_writer(const WriterOptions& options);
std::unique_ptr<PieceWriter> make_openai_completions_writer(const WriterOptions& options);
std::unique_ptr<PieceWriter> make_openai_responses_writer(const WriterOptions& options);
std::unique_ptr<PieceWriter> make_anthropic_writer(const WriterOptions& options);

// --- what several dialects share ---

/// Scans what an upstream sent. invalid_argument: no JSON, or a key twice in one object.
Status scan_answer(JsonIndex& index, std::string_view text);
Error refused(std::string_view path, std::string_view why);
/// Adds each member that is not named, and is not null, to the losses.
void lose_others(JsonView object, std::initializer_list<std::string_view> known, Losses& losses);
/// A JSON object of arguments: the text itself, "{}" for none, or {"arguments": text} (a loss) if it is no
/// object.
std::string arguments_object(const ChatBlock& call, Losses& losses);
std::string joined_text(const std::vector<ChatBlock>& blocks, ChatBlockKind kind);
/// "chatcmpl-" + id and the like, unless it begins so.
std::string id_with(std::string_view prefix, std::string_view id);
/// Rough correspondence of effort words and thinking budgets.
std::uint64_t thinking_tokens_of(std::string_view effort);
std::string_view effort_of(std::uint64_t thinking_tokens);
/// "data:image/png;base64,AAAA" into media type and data; false for any other address.
bool take_data_url(std::string_view url, ChatBlock& image);
std::string data_url(const ChatBlock& image);

std::string_view openai_finish(FinishKind finish);
std::string_view anthropic_finish(FinishKind finish);
/// Of missing usage: "", "null" and (the form has no way to leave it out) zeros.
std::string openai_usage(const UsageFacts& usage);
std::string responses_usage(const UsageFacts& usage);
std::string anthropic_usage(const UsageFacts& usage);

}  // namespace loadline
