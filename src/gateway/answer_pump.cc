#include "gateway/answer_pump.h"

#include <algorithm>

namespace loadline {
namespace {

bool is_first_text(const Channel& channel) { return channel == Channel{0, ChannelKind::text, channel.part}; }

}  // namespace

AnswerPump::AnswerPump(PumpOptions options)
    : options_(std::move(options)),
      translates_(options_.upstream != options_.client),
      parser_(std::make_unique<SseParser>()),
      facts_(std::make_unique<StreamFacts>(options_.upstream)) {
  if (translates_) translator_.emplace(options_.upstream, options_.client, options_.stream);
}

AnswerPump::~AnswerPump() = default;

void AnswerPump::resume() {
  parser_ = std::make_unique<SseParser>();
  facts_ = std::make_unique<StreamFacts>(options_.upstream);
  state_ = State::open;
  error_.reset();
  usage_ = {};  // what the first one told is on its own bill
  resumed_ = true;
}

AnswerPump::State AnswerPump::feed(std::string_view bytes, std::string& out) {
  if (state_ != State::open) return state_;
  parser_->feed(bytes);
  return take_events(out);
}

AnswerPump::State AnswerPump::finish(std::string& out) {
  if (state_ != State::open) return state_;
  parser_->finish();
  return take_events(out);
}

AnswerPump::State AnswerPump::take_events(std::string& out) {
  while (state_ == State::open) {
    Result<std::optional<SseEvent>> event = parser_->next();
    if (!event) {
      error_ = event.error();
      state_ = State::broken;
      break;
    }
    if (!event->has_value()) break;
    take_event(**event, out);
  }
  return state_;
}

void AnswerPump::take_event(const SseEvent& event, std::string& out) {
  if (!event.has_data) {
    if (!translates_) out += event.raw;  // a comment keeps the client's connection awake as well
    return;
  }
  const EventFacts& facts = facts_->read(event);
  if (facts.is_malformed) {
    ++malformed_;
    return;
  }
  if (facts.is_error) {
    error_.emplace(Code::unavailable, "the upstream ended its stream with an error");
    error_raw_ = event.raw;
    error_words_ = facts.error_message;
    state_ = State::failed;
    return;
  }
  note(facts);
  if (resumed_ && repeats_the_start(event, facts)) return;
  if (!guard_event(event, facts, out)) return;
  if (facts.is_terminal) state_ = State::whole;
}

// The start of a second stream, which the client had from the first one.
bool AnswerPump::repeats_the_start(const SseEvent& event, const EventFacts& facts) const {
  switch (options_.upstream) {
    case Dialect::anthropic_messages:
      return event.name == "message_start" || event.name == "content_block_start";
    case Dialect::openai_chat:
      return facts.texts.empty() && !facts.finish && !facts.is_terminal && facts.usage.is_empty();
    default:
      return false;
  }
}

void AnswerPump::note(const EventFacts& facts) {
  usage_.merge(facts.usage);
  if (facts.finish) finish_ = facts.finish;
}

bool AnswerPump::look_at_nothing(const SseEvent& event, const EventFacts& facts, std::string& out) {
  for (const AnswerText& text : facts.texts) {
    if (text.token != JsonKind::string || text.is_whole) continue;
    scratch_.clear();
    append_decoded_json(scratch_, text.raw.of(event.data));
    delivered(text.channel, scratch_);
  }
  forward(event, facts, out);
  return true;
}

// One text of an event through the guard. `ends`: it is the last of its channel.
Status AnswerPump::look(const AnswerText& text, bool ends, std::string_view data) {
  released_.clear();
  if (text.is_whole) return options_.guard->whole(scratch_, released_);
  LOADLINE_TRY(options_.guard->feed(text.channel, scratch_, released_));
  const auto open = std::find_if(channels_.begin(), channels_.end(),
                                 [&](const OpenChannel& other) { return other.channel == text.channel; });
  if (ends) {
    LOADLINE_TRY(options_.guard->finish(text.channel, released_));
    if (open != channels_.end()) channels_.erase(open);
  } else if (open == channels_.end()) {
    channels_.push_back({text.channel, std::string(data)});
  } else {
    open->like.assign(data);
  }
  delivered(text.channel, released_);
  return {};
}

bool AnswerPump::guard_event(const SseEvent& event, const EventFacts& facts, std::string& out) {
  if (options_.guard == nullptr) return look_at_nothing(event, facts, out);
  std::vector<std::string> texts;  // that changed; must not move while edits point into it
  texts.reserve(facts.texts.size());
  std::vector<EventEdit> edits;
  for (std::size_t i = 0; i < facts.texts.size(); ++i) {
    const AnswerText& text = facts.texts[i];
    if (text.token != JsonKind::string) continue;
    const auto same_channel = [&](const AnswerText& later) { return later.channel == text.channel; };
    const bool closes = facts.is_terminal || std::find(facts.closed.begin(), facts.closed.end(),
                                                       text.channel) != facts.closed.end();
    const bool last = std::none_of(facts.texts.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                   facts.texts.end(), same_channel);
    scratch_.clear();
    append_decoded_json(scratch_, text.raw.of(event.data));
    if (const Status looked = look(text, closes && last, event.data); !looked) {
      block(looked.error());
      return false;
    }
    if (released_ == scratch_) continue;
    texts.push_back(released_);
    edits.push_back({text.raw, texts.back()});
  }
  // What was held back goes out before the event that closes its channel.
  for (const Channel& channel : facts.closed)
    if (!flush(channel, out)) return false;
  if (facts.is_terminal && !flush_all(out)) return false;
  if (edits.empty())
    forward(event, facts, out);
  else
    forward_changed(with_texts(event, edits), facts, out);
  return true;
}

bool AnswerPump::flush_all(std::string& out) {
  while (!channels_.empty()) {
    const Channel channel = channels_.front().channel;
    if (!flush(channel, out)) return false;
  }
  return true;
}

bool AnswerPump::flush(const Channel& channel, std::string& out) {
  const auto open = std::find_if(channels_.begin(), channels_.end(),
                                 [&](const OpenChannel& other) { return other.channel == channel; });
  if (open == channels_.end()) return true;
  std::string rest;
  const Status looked = options_.guard->finish(channel, rest);
  if (!looked) {
    block(looked.error());
    return false;
  }
  if (!rest.empty()) {
    delivered(channel, rest);
    forward_changed(text_event(options_.upstream, channel, rest, open->like), EventFacts(), out);
  }
  channels_.erase(open);
  return true;
}

void AnswerPump::forward(const SseEvent& event, const EventFacts& facts, std::string& out) {
  if (translates_) {
    if (!translator_->push(event, out)) ++malformed_;
    return;
  }
  if (!options_.stream.include_usage && !facts.usage.is_empty())
    out += without_usage(options_.client, event, facts);
  else
    out += event.raw;
}

// An event of our own making, or one whose texts changed: read again, since ranges have moved.
void AnswerPump::forward_changed(std::string_view raw, const EventFacts& facts, std::string& out) {
  SseParser parser;
  parser.feed(raw);
  const Result<std::optional<SseEvent>> event = parser.next();
  if (event && event->has_value()) forward(**event, facts, out);
}

void AnswerPump::delivered(const Channel& channel, std::string_view text) {
  delivered_bytes_ += text.size();
  if (channel.kind == ChannelKind::text && traced_.size() < options_.trace_bytes_max)
    traced_.append(text.substr(0, options_.trace_bytes_max - traced_.size()));
  if (!is_first_text(channel)) continuable_ = continuable_ && text.empty();
  if (!continuable_) return;
  if (kept_.size() + text.size() > options_.keep_bytes_max) {
    continuable_ = false;
    kept_.clear();
    return;
  }
  kept_ += text;
}

std::optional<std::string_view> AnswerPump::continuable_text() const {
  if (!continuable_) return std::nullopt;
  return kept_;
}

void AnswerPump::block(Error error) {
  error_ = std::move(error);
  state_ = State::blocked;
}

void AnswerPump::fail(int status, std::string_view code, std::string_view message, std::string& out) {
  channels_.clear();
  if (translates_)
    translator_->fail(status, code, message, out);
  else
    out += error_event(options_.client, status, code, message);
}

void AnswerPump::cut(std::string& out) {
  if (!flush_all(out)) return;
  if (translates_)
    translator_->cut(out);
  else
    out += facts_->finish_events();
  state_ = State::whole;
}

const std::vector<std::string>& AnswerPump::losses() const {
  static const std::vector<std::string> none;
  return translator_ ? translator_->losses() : none;
}

}  // namespace loadline
