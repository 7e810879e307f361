#include "llama/text_stream.h"

#include <algorithm>

#include "base/assert.h"
#include "base/utf8.h"

namespace loadline::llama {
namespace {

std::vector<std::string> without_empty(std::vector<std::string> stops) {
  std::erase_if(stops, [](const std::string& stop) { return stop.empty(); });
  return stops;
}

/// Bytes that a sequence with this first byte has; 1 for everything that starts none.
std::size_t sequence_length(unsigned char first) {
  if (first >= 0xF0 && first <= 0xF4) return 4;
  if (first >= 0xE0 && first < 0xF0) return 3;
  if (first >= 0xC2 && first < 0xE0) return 2;
  return 1;
}

/// Length of the beginning of a character at the end of `text`, 0 if it ends whole (or in plain rubbish).
std::size_t unfinished_tail(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    return sequence_length(byte) > back ? back : 0;
  }
  return 0;
}

/// Length of the longest end of `text` that is a beginning (not the whole) of `stop`.
std::size_t partial_match(std::string_view text, std::string_view stop) {
  for (std::size_t length = std::min(text.size(), stop.size() - 1); length > 0; --length) {
    if (text.substr(text.size() - length) == stop.substr(0, length)) return length;
  }
  return 0;
}

}  // namespace

TextStream::TextStream(std::vector<std::string> stops) : stops_(without_empty(std::move(stops))) {
  for (const std::string& stop : stops_) longest_stop_ = std::max(longest_stop_, stop.size());
}

bool TextStream::push(std::string_view bytes) {
  LOADLINE_ASSERT(!stopped_);
  const std::size_t before = bytes_.size();
  bytes_.append(bytes);
  const std::size_t from = before + 1 > longest_stop_ ? before + 1 - longest_stop_ : 0;
  std::size_t found = std::string::npos;
  for (const std::string& stop : stops_)
    found = std::min(found, bytes_.find(stop, std::max(from, released_)));
  if (found != std::string::npos) {
    stopped_ = true;
    released_ = std::max(released_, found);
  } else {
    released_ = std::max(released_, releasable());
  }
  return stopped_;
}

std::size_t TextStream::releasable() const {
  const std::string_view text(bytes_);
  std::size_t held = unfinished_tail(text);
  for (const std::string& stop : stops_) held = std::max(held, partial_match(text.substr(released_), stop));
  // What a stop string holds back may begin inside a character.
  const std::size_t end = text.size() - held;
  return end - unfinished_tail(text.substr(0, end));
}

void TextStream::finish() {
  if (!stopped_) released_ = std::max(released_, bytes_.size() - unfinished_tail(bytes_));
}

std::string TextStream::take() {
  std::string text = to_valid_utf8(std::string_view(bytes_).substr(taken_, released_ - taken_));
  taken_ = released_;
  return text;
}

}  // namespace loadline::llama
