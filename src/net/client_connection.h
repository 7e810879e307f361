#pragma once
// One connection of the HTTP client: its socket, and what was read and not used. Knows how a request is
// written and an answer is read, nothing of limits of time, pools or retries (http_client.h). One thread.
//
// After `close` everything that waits ends with an error.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "net/chunk_decoder.h"
#include "net/response_parser.h"
#include "net/tls_trust.h"

namespace loadline {

class ClientConnection {
 public:
  using ErrorCode = boost::system::error_code;
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  ClientConnection(boost::asio::any_io_executor executor, ResponseParser::Limits limits, Instant made);

  awaitable<ErrorCode> connect(boost::asio::ip::tcp::endpoint endpoint);
  /// `problem`: what is wrong with the server's certificate, if that is why it failed.
  awaitable<ErrorCode> handshake(std::shared_ptr<TlsTrust> trust, std::string host, std::string& problem);
  void close();
  /// False if the peer closed it, or sent something that was not asked for.
  bool usable();

  /// The buffer for the head of a request.
  std::string& out() { return out_; }
  /// Sends `out()` and `body`, in one write if the socket takes it, and begins a new answer.
  /// `written`: bytes that were taken.
  awaitable<ErrorCode> send(std::string_view body, bool to_head, std::size_t& written);

  /// Waits for bytes and takes them in. An error if there is no more room or none come.
  awaitable<ErrorCode> receive();
  /// Looks at what came: need_more, or the head is there, or it is none.
  ResponseParser::State take_head();
  bool any_byte() const { return any_byte_; }  // of this answer
  const HttpResponseHead& head() const { return head_; }
  std::string_view failure() const { return parser_.failure(); }

  enum class Piece : std::uint8_t { data, need_more, end, broken };
  /// The body that came, decoded; valid until the next call of a member.
  Piece take_piece(std::string_view& data);
  /// The peer closed: whether the body may end so. `clean`: it said that it would.
  bool ends_with_close(bool clean) const {
    return clean && parser_.body() == ResponseParser::Body::until_close;
  }

  /// Whether another request may follow: the request was sent and the answer read to its end, and nothing
  /// came behind it.
  bool reusable() const {
    return sent_ && ended_ && parser_.keep_alive() && begin_ == end_ && socket_.is_open();
  }
  /// Lets go of what a large answer needed.
  void rest(Instant now);
  Instant made() const { return made_; }
  Instant rested() const { return rested_; }

 private:
  Piece take_chunks(std::string_view& data);
  bool make_room();

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<TlsTrust> trust_;
  std::unique_ptr<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  const std::size_t buffer_bytes_max_;
  const Instant made_;
  Instant rested_{};

  std::string out_;
  std::vector<char> buffer_;  // what was read and not used: [begin_, end_)
  std::size_t begin_ = 0, end_ = 0;

  // of the present answer
  ResponseParser parser_;
  HttpResponseHead head_;
  ChunkDecoder chunks_;
  std::uint64_t body_left_ = 0;  // Body::length
  bool sent_ = false;            // the whole request
  bool any_byte_ = false;
  bool ended_ = false;
};

}  // namespace loadline
