#pragma once
// Server-sent events (WHATWG HTML, "interpreting an event stream") from bytes in any chunking, with the raw
// bytes of each, so that an event nobody has to change passes exactly as it came.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

/// Raw bytes of one event, unless the parser was told otherwise. A Responses API stream ends with the whole
/// answer in one event.
inline constexpr std::size_t sse_event_bytes_max = 8U << 20U;

/// Views are good until the parser's next call.
struct SseEvent {
  std::string_view name;  // "" is what the standard calls "message"
  std::string_view data;  // lines joined by "\n"
  std::string_view raw;   // up to and with the blank line that ends it
  bool has_data =
      false;  // false: only comments or fields without data; clients see nothing, but raw keeps them awake
};

/// Line ends are LF, CR or CRLF. A CR at the end of what was fed waits for the next byte (or finish()), so
/// that the events and their raw bytes are the same for every chunking. All raw together are the bytes fed.
class SseParser {
 public:
  explicit SseParser(std::size_t event_bytes_max = sse_event_bytes_max) : event_bytes_max_(event_bytes_max) {}

  /// Bytes as they come. Cheap: the scan happens in next().
  void feed(std::string_view bytes);
  /// The next whole event, if there is one. resource_exhausted: an event is longer than the bound; it stays
  /// so.
  Result<std::optional<SseEvent>> next();
  /// No more bytes will come: a CR at the end is a line end now. Call next() again afterwards.
  void finish() { is_finished_ = true; }
  /// Bytes of an event that is not whole yet. After finish() and the last event: what a client must not take
  /// for an event (a cut stream).
  std::string_view rest() const { return std::string_view(buffer_).substr(begin_); }

 private:
  struct Line {
    std::size_t begin, end, next;
  };
  std::optional<Line> take_line();
  void field(std::string_view line);
  SseEvent take_event();

  const std::size_t event_bytes_max_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of the event being read
  std::size_t at_ = 0;     // of the line being read
  std::size_t seen_ = 0;   // no line end before this
  bool is_finished_ = false;
  bool is_too_long_ = false;
  bool is_start_ = true;  // a byte order mark may come
  // Of the event being read, as offsets: feeding moves the buffer.
  std::size_t name_begin_ = 0, name_end_ = 0;
  std::size_t data_begin_ = 0, data_end_ = 0;
  int data_lines_ = 0;
  std::string joined_;  // data of more than one line
};

/// Appends one event. `name` may be ""; each line of `data` becomes a data line.
void append_sse_event(std::string& out, std::string_view name, std::string_view data);

}  // namespace loadline
