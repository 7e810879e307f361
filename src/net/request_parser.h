#pragma once
// Reads the header of a request from bytes: Beast's parser behind a narrow door, with our stricter rules on
// top (what two servers could read differently is refused). The body is not its business. One thread.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace loadline {

class RequestParser {
 public:
  enum class State : std::uint8_t { need_more, done, failed };
  struct Step {
    State state = State::need_more;
    std::size_t consumed = 0;
  };

  RequestParser(std::uint32_t header_bytes_max, std::uint32_t headers_max);
  ~RequestParser();

  /// Begins a new header, into `request`, which must live until it is done.
  void begin(HttpRequest& request);
  /// `bytes`: what is there and was not consumed yet; give it again with more behind it after need_more.
  Step feed(std::string_view bytes);

  // After `failed`:
  int failure_status() const;
  const std::string& failure() const;
  // After `done`:
  bool keep_alive() const;
  bool expects_continue() const;
  bool chunked() const;
  std::uint64_t content_length() const;  // 0 if none was given

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace loadline
