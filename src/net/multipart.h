#pragma once
// Reads a multipart/form-data body (RFC 7578) as it arrives, whatever pieces it comes in: the same calls for
// the same bytes. Holds a bounded piece of it, never the whole. One thread.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

struct MultipartPart {
  std::string name;
  std::optional<std::string> file_name;  // raw bytes as sent; none: an ordinary field
  std::string content_type;
};

class MultipartReceiver {
 public:
  virtual ~MultipartReceiver() = default;
  /// Errors end the parsing and are given back by `feed`.
  virtual Status on_part(const MultipartPart& part) = 0;
  virtual Status on_data(std::string_view data) = 0;
  virtual Status on_part_end() = 0;
};

class MultipartParser {
 public:
  static constexpr std::size_t part_header_bytes_max = 8192;
  static constexpr std::size_t parts_max = 1024;

  /// The boundary that a Content-Type header names; nothing if it is not multipart/form-data with a valid
  /// one.
  static std::optional<std::string> boundary_of(std::string_view content_type);

  /// `receiver` must outlive the parser.
  MultipartParser(std::string_view boundary, MultipartReceiver& receiver);
  /// invalid_argument: the body is not what it should be; resource_exhausted: too many parts; the receiver's.
  Status feed(std::string_view bytes);
  /// The body is at its end. invalid_argument: it was cut off.
  Status finish() const;

 private:
  enum class State : std::uint8_t { preamble, after_boundary, headers, data, epilogue };
  Status step(bool& again);
  Status read_headers(bool& again);
  Status read_data(bool& again);

  const std::string delimiter_;  // CRLF "--" boundary
  MultipartReceiver& receiver_;
  State state_ = State::preamble;
  std::string held_;         // not used yet
  bool first_data_ = false;  // of the part: its line break is still there
  std::size_t parts_ = 0;
};

}  // namespace loadline
