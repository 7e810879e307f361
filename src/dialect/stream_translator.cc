#include "dialect/stream_translator.h"

#include <utility>

#include "base/assert.h"
#include "dialect/chat_form.h"
#include "dialect/stream_facts.h"
#include "dialect/translate.h"

namespace loadline {
namespace {

std::unique_ptr<PieceWriter> make_writer(Dialect client, const WriterOptions& options) {
  switch (client) {
    case Dialect::openai_responses:
      return make_openai_responses_writer(options);
    case Dialect::anthropic_messages:
      return make_anthropic_writer(options);
    case Dialect::openai_completions:
      return make_openai_completions_writer(options);
    case Dialect::openai_chat:
    case Dialect::openai_embeddings:
    case Dialect::gemini:
      break;
  }
  return make_openai_chat_writer(options);
}

}  // namespace

struct StreamTranslator::State {
  Dialect upstream;
  Dialect client;
  std::unique_ptr<PieceWriter> writer;
  StreamReading reading;
  std::vector<Piece> pieces;
  Losses losses;
  UsageFacts usage;
  std::optional<FinishKind> finish;
  std::uint64_t answer_bytes = 0;
  bool has_begun = false;
  bool has_finish = false;     // the client was told why it ends
  bool is_terminated = false;  // by the upstream
  bool is_done = false;        // nothing more comes out

  Status read(const SseEvent& event) {
    switch (upstream) {
      case Dialect::anthropic_messages:
        return read_anthropic_event(event, reading, pieces, losses);
      case Dialect::gemini:
        return read_gemini_event(event, reading, pieces, losses);
      case Dialect::openai_chat:
      case Dialect::openai_completions:
      case Dialect::openai_embeddings:
      case Dialect::openai_responses:
        break;
    }
    return read_openai_chat_event(event, reading, pieces, losses);
  }

  void write(const Piece& piece, std::string& out) {
    if (is_done) return;
    if (piece.kind == PieceKind::error) {
      is_terminated = is_done = true;
      out += error_event(client, 502, "upstream_failed", piece.text);
      return;
    }
    if (piece.kind == PieceKind::usage) usage.merge(piece.usage);
    if (piece.kind == PieceKind::finish) {
      if (has_finish) return;
      finish = piece.finish;
      has_finish = true;
    }
    if (piece.kind == PieceKind::end) {
      if (!has_finish) write_finish(FinishKind::other, out);
      is_terminated = is_done = true;
    }
    if (!begin(piece, out)) return;
    note_loss(piece);
    writer->write(piece, out);
  }

  // A stream begins once, whatever the upstream sends; false: this piece begins it again.
  bool begin(const Piece& piece, std::string& out) {
    if (piece.kind == PieceKind::begin) return !std::exchange(has_begun, true);
    if (piece.kind == PieceKind::usage || std::exchange(has_begun, true)) return true;
    Piece head;
    head.kind = PieceKind::begin;
    writer->write(head, out);
    return true;
  }

  void write_finish(FinishKind kind, std::string& out) {
    Piece piece;
    piece.kind = PieceKind::finish;
    piece.finish = kind;
    write(piece, out);
  }

  // A completion has no place for anything but text.
  void note_loss(const Piece& piece) {
    if (client != Dialect::openai_completions) return;
    if (piece.kind == PieceKind::thinking) losses.add("reasoning");
    if (piece.kind == PieceKind::refusal) losses.add("refusal");
    if (piece.kind == PieceKind::call_begin) losses.add("tool_calls");
  }
};

StreamTranslator::StreamTranslator(Dialect upstream, Dialect client, StreamOptions options)
    : state_(std::make_unique<State>()) {
  LOADLINE_ASSERT(upstream != client && can_translate(client, upstream));
  state_->upstream = upstream;
  state_->client = client;
  state_->writer =
      make_writer(client, {std::move(options.model), options.include_usage, options.created_seconds});
}
StreamTranslator::~StreamTranslator() = default;
StreamTranslator::StreamTranslator(StreamTranslator&&) noexcept = default;
StreamTranslator& StreamTranslator::operator=(StreamTranslator&&) noexcept = default;

Status StreamTranslator::push(const SseEvent& event, std::string& out) {
  if (!event.has_data || state_->is_done) return {};
  state_->answer_bytes += event.data.size();
  if (state_->answer_bytes > stream_answer_bytes_max) {
    fail(502, "answer_too_long", "the upstream's answer is longer than this server takes", out);
    return {};
  }
  state_->pieces.clear();
  LOADLINE_TRY(state_->read(event));
  for (const Piece& piece : state_->pieces) state_->write(piece, out);
  return {};
}

bool StreamTranslator::is_terminated() const { return state_->is_terminated; }

void StreamTranslator::cut(std::string& out) {
  if (state_->is_done) return;
  state_->write_finish(FinishKind::length, out);
  Piece piece;
  piece.kind = PieceKind::end;
  state_->write(piece, out);
}

void StreamTranslator::fail(int status, std::string_view code, std::string_view message, std::string& out) {
  if (state_->is_done) return;
  state_->is_done = true;
  out += error_event(state_->client, status, code, message);
}

const UsageFacts& StreamTranslator::usage() const { return state_->usage; }
std::optional<FinishKind> StreamTranslator::finish() const { return state_->finish; }
const std::vector<std::string>& StreamTranslator::losses() const { return state_->losses.names(); }

}  // namespace loadline
