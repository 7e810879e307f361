#pragma once
// The body of a request in pieces ("Transfer-Encoding: chunked", RFC 9112 section 7.1), decoded as it comes.
// Strict: only CRLF ends a line, sizes are plain hexadecimal numbers. Extensions and trailers are read over,
// within bounds. One thread.
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace loadline {

class ChunkDecoder {
 public:
  static constexpr std::size_t size_digits_max = 15;
  static constexpr std::size_t line_bytes_max = 1024;      // a chunk's size with its extensions; a trailer
  static constexpr std::size_t trailer_bytes_max = 16384;  // all trailers

  enum class State : std::uint8_t {
    size,
    extension,
    size_end,
    data,
    data_cr,
    data_lf,
    trailer,
    done,
    failed
  };

  /// Takes from the front of `bytes` up to the end of one run of data; `data` is that run, within `bytes`, or
  /// empty. Gives how many bytes were taken; call again while that is not all and the state is neither done
  /// nor failed.
  std::size_t feed(std::string_view bytes, std::string_view& data);

  bool done() const { return state_ == State::done; }
  bool failed() const { return state_ == State::failed; }

 private:
  void feed_byte(char c);
  void feed_size(char c);
  void feed_trailer(char c);

  State state_ = State::size;
  std::uint64_t left_ = 0;      // of the chunk
  std::size_t digits_ = 0;      // of the size
  std::size_t line_bytes_ = 0;  // of the present line
  std::size_t trailer_bytes_ = 0;
  bool cr_ = false;  // in trailers: the last byte was CR
};

}  // namespace loadline
