#include "dialect/sse_parser.h"

#include <algorithm>
#include <cstring>

namespace loadline {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Offset of the first CR or LF at or behind `at`, or npos.
std::size_t line_end(std::string_view text, std::size_t at) {
  const std::size_t feed = text.find('\n', at);
  const std::size_t carriage = text.substr(0, feed).find('\r', at);
  return std::min(feed, carriage);
}

}  // namespace

void SseParser::feed(std::string_view bytes) {
  if (begin_ > 0) {  // what was handed out goes away now; the rest of an event is short
    buffer_.erase(0, begin_);
    at_ -= begin_, seen_ -= begin_;
    name_begin_ -= std::min(name_begin_, begin_), name_end_ -= std::min(name_end_, begin_);
    data_begin_ -= std::min(data_begin_, begin_), data_end_ -= std::min(data_end_, begin_);
    begin_ = 0;
  }
  buffer_ += bytes;
}

std::optional<SseParser::Line> SseParser::take_line() {
  const std::string_view text = buffer_;
  const std::size_t end = line_end(text, std::max(at_, seen_));
  if (end == std::string_view::npos) return seen_ = text.size(), std::nullopt;
  seen_ = end;
  const bool is_last = end + 1 == text.size();
  if (text[end] == '\r' && is_last && !is_finished_) return std::nullopt;  // a LF may belong to it
  return Line{at_, end, end + (text[end] == '\r' && !is_last && text[end + 1] == '\n' ? 2 : 1)};
}

void SseParser::field(std::string_view line) {
  const std::size_t offset = static_cast<std::size_t>(line.data() - buffer_.data());
  const std::size_t colon = std::min(line.find(':'), line.size());
  const std::string_view name = line.substr(0, colon);
  std::size_t begin = std::min(colon + 1, line.size());
  if (begin < line.size() && line[begin] == ' ') ++begin;
  if (name == "event") {
    name_begin_ = offset + begin, name_end_ = offset + line.size();
  } else if (name == "data") {
    if (data_lines_ == 1) joined_.assign(buffer_, data_begin_, data_end_ - data_begin_);
    if (data_lines_ >= 1) joined_.append("\n").append(line.substr(begin));
    data_begin_ = offset + begin, data_end_ = offset + line.size();
    ++data_lines_;
  }
}

SseEvent SseParser::take_event() {
  const std::string_view text = buffer_;
  SseEvent event;
  event.raw = text.substr(begin_, at_ - begin_);
  event.name = text.substr(name_begin_, name_end_ - name_begin_);
  event.has_data = data_lines_ > 0;
  event.data =
      data_lines_ > 1 ? std::string_view(joined_) : text.substr(data_begin_, data_end_ - data_begin_);
  begin_ = at_;
  name_begin_ = name_end_ = data_begin_ = data_end_ = at_;
  data_lines_ = 0;
  return event;
}

Result<std::optional<SseEvent>> SseParser::next() {
  if (is_start_) {
    if (buffer_.size() < byte_order_mark.size() && !is_finished_ && byte_order_mark.starts_with(buffer_))
      return std::optional<SseEvent>();
    if (buffer_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
    is_start_ = false;
  }
  while (!is_too_long_) {
    const std::optional<Line> line = take_line();
    is_too_long_ = (line ? line->next : buffer_.size()) - begin_ > event_bytes_max_;
    if (!line || is_too_long_) break;
    at_ = line->next;
    if (line->begin == line->end) return std::optional<SseEvent>(take_event());
    field(std::string_view(buffer_).substr(line->begin, line->end - line->begin));
  }
  if (!is_too_long_) return std::optional<SseEvent>();
  return Error(Code::resource_exhausted,
               "a streamed event is longer than " + std::to_string(event_bytes_max_) + " bytes");
}

void append_sse_event(std::string& out, std::string_view name, std::string_view data) {
  if (!name.empty()) out.append("event: ").append(name).append("\n");
  for (;;) {
    const std::size_t end = line_end(data, 0);
    out.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + (data.substr(end, 2) == "\r\n" ? 2 : 1));
  }
  out += '\n';
}

}  // namespace loadline
