#include "net/chunk_decoder.h"

#include <algorithm>

namespace loadline {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::size_t ChunkDecoder::feed(std::string_view bytes, std::string_view& data) {
  data = {};
  std::size_t at = 0;
  while (at < bytes.size() && state_ != State::done && state_ != State::failed) {
    if (state_ == State::data) {
      const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - at));
      data = bytes.substr(at, size);
      left_ -= size;
      if (left_ == 0) state_ = State::data_cr;
      return at + size;
    }
    feed_byte(bytes[at++]);
  }
  return at;
}

void ChunkDecoder::feed_byte(char c) {
  switch (state_) {
    case State::size:
      return feed_size(c);
    case State::extension:
      if (c == '\r')
        state_ = State::size_end;
      else if (c == '\n' || ++line_bytes_ > line_bytes_max)
        state_ = State::failed;
      return;
    case State::size_end:
      state_ = c != '\n' ? State::failed : left_ == 0 ? State::trailer : State::data;
      line_bytes_ = 0;
      return;
    case State::data_cr:
      state_ = c == '\r' ? State::data_lf : State::failed;
      return;
    case State::data_lf:
      state_ = c == '\n' ? State::size : State::failed;
      digits_ = 0;
      return;
    case State::trailer:
      return feed_trailer(c);
    default:
      state_ = State::failed;
  }
}

void ChunkDecoder::feed_size(char c) {
  const int value = digit(c);
  if (value >= 0 && digits_ < size_digits_max) {
    left_ = (digits_ == 0 ? 0 : left_ * 16) + static_cast<std::uint64_t>(value);
    ++digits_;
    return;
  }
  line_bytes_ = 0;
  if (digits_ == 0 || value >= 0)
    state_ = State::failed;
  else if (c == '\r')
    state_ = State::size_end;
  else
    state_ = c == ';' || c == ' ' || c == '\t' ? State::extension : State::failed;
}

// Lines up to and with the empty one.
void ChunkDecoder::feed_trailer(char c) {
  if (++trailer_bytes_ > trailer_bytes_max) {
    state_ = State::failed;
  } else if (cr_) {
    cr_ = false;
    if (c != '\n')
      state_ = State::failed;
    else if (line_bytes_ == 0)
      state_ = State::done;
    line_bytes_ = 0;
  } else if (c == '\r') {
    cr_ = true;
  } else if (c == '\n') {
    state_ = State::failed;
  } else {
    ++line_bytes_;
  }
}

}  // namespace loadline
