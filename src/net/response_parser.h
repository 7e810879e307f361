#pragma once
// Reads the head of an HTTP/1.1 response from bytes, and says how its body is framed. Strict: what two
// readers could take differently is refused (RFC 9112), since a proxy that guesses lets answers slip into
// each other. Interim answers (1xx) are read over. One thread.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadline {

/// A header whose text belongs to somebody else.
struct HttpField {
  std::string_view name;  // of a response: lower case
  std::string_view value;
};

/// The head of an answer. The fields point into `text`, so it does not move.
struct HttpResponseHead {
  HttpResponseHead() = default;
  HttpResponseHead(const HttpResponseHead&) = delete;
  HttpResponseHead& operator=(const HttpResponseHead&) = delete;

  int status = 0;
  int minor_version = 1;
  std::vector<HttpField> fields;  // in order, as sent: also those that concern the connection only
  std::string text;               // the lines, names in lower case

  /// Value of the first field of that (lower-case) name; "" if there is none.
  std::string_view field(std::string_view name) const;
};

class ResponseParser {
 public:
  static constexpr int interim_max = 8;  // answers 1xx before the real one

  enum class State : std::uint8_t { need_more, done, failed };
  enum class Body : std::uint8_t { none, length, chunked, until_close };
  struct Limits {
    std::size_t head_bytes_max = 32768;  // with interim answers
    std::size_t fields_max = 128;
  };
  struct Step {
    State state = State::need_more;
    std::size_t consumed = 0;
  };

  explicit ResponseParser(Limits limits) : limits_(limits) {}

  /// Begins a new head. `to_head`: the request was HEAD, so there is no body.
  void begin(bool to_head);
  /// `bytes`: what is there and was not consumed yet; give it again with more behind it after need_more.
  /// Fills `head` when done.
  Step feed(std::string_view bytes, HttpResponseHead& head);

  /// After `failed`: why, without any byte of the answer.
  std::string_view failure() const { return failure_; }
  // After `done`:
  Body body() const { return body_; }
  std::uint64_t content_length() const { return content_length_; }  // Body::length only
  /// Whether the connection may carry another request once the body is read.
  bool keep_alive() const { return keep_alive_; }

 private:
  bool fail(std::string_view why);
  bool read(std::string_view block, HttpResponseHead& head);
  bool read_status_line(std::string_view line, HttpResponseHead& head);
  bool read_field(char* line, std::size_t size, HttpResponseHead& head);
  bool note(const HttpField& field);
  bool frame(const HttpResponseHead& head);

  const Limits limits_;
  std::string_view failure_;
  std::size_t searched_ = 0;  // bytes that were searched for the empty line
  std::size_t taken_ = 0;     // of all heads so far
  int interim_ = 0;
  bool to_head_ = false;

  Body body_ = Body::none;
  std::uint64_t content_length_ = 0;
  bool has_length_ = false, chunked_ = false, keep_alive_ = true;
  bool says_close_ = false, says_keep_alive_ = false;
};

}  // namespace loadline
