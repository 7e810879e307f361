#include "net/client_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

namespace loadline {

namespace asio = boost::asio;
using Token = asio::redirect_error_t<asio::use_awaitable_t<>>;

namespace {

constexpr std::size_t buffer_bytes_first = 8192;
constexpr std::size_t buffer_bytes_most = 65536;  // for bodies
constexpr std::size_t kept_bytes_max = 16384;

}  // namespace

ClientConnection::ClientConnection(asio::any_io_executor executor, ResponseParser::Limits limits,
                                   Instant made)
    : socket_(std::move(executor)),
      buffer_bytes_max_(std::max(buffer_bytes_most, limits.head_bytes_max + 1)),
      made_(made),
      buffer_(buffer_bytes_first),
      parser_(limits) {}

ClientConnection::awaitable<ClientConnection::ErrorCode> ClientConnection::connect(
    asio::ip::tcp::endpoint endpoint) {
  ErrorCode error;
  socket_.open(endpoint.protocol(), error);
  if (error) co_return error;
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  Token token(asio::use_awaitable, error);
  co_await socket_.async_connect(endpoint, token);
  if (!error) socket_.non_blocking(true, error);
  co_return error;
}

ClientConnection::awaitable<ClientConnection::ErrorCode> ClientConnection::handshake(
    std::shared_ptr<TlsTrust> trust, std::string host, std::string& problem) {
  trust_ = std::move(trust);
  tls_ = std::make_unique<asio::ssl::stream<asio::ip::tcp::socket&>>(socket_, trust_->context());
  const Status expected = TlsTrust::expect_host(tls_->native_handle(), host);
  if (!expected) {
    problem = expected.error().message();
    co_return asio::error::invalid_argument;
  }
  ErrorCode error;
  Token token(asio::use_awaitable, error);
  co_await tls_->async_handshake(asio::ssl::stream_base::client, token);
  const long verdict = SSL_get_verify_result(tls_->native_handle());
  if (error && verdict != X509_V_OK) problem = X509_verify_cert_error_string(verdict);
  co_return error;
}

void ClientConnection::close() {
  ErrorCode ignored;
  socket_.close(ignored);
}

bool ClientConnection::usable() {
  char byte = 0;
  const ssize_t size = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

ClientConnection::awaitable<ClientConnection::ErrorCode> ClientConnection::send(std::string_view body,
                                                                                bool to_head,
                                                                                std::size_t& written) {
  parser_.begin(to_head);
  sent_ = any_byte_ = ended_ = false;
  ErrorCode error;
  if (tls_) {
    // One buffer, so that small requests are one record.
    out_ += body;
    Token token(asio::use_awaitable, error);
    written += co_await asio::async_write(*tls_, asio::buffer(out_), token);
    sent_ = !error;
    co_return error;
  }
  co_await asio::post(asio::use_awaitable);  // see Connection::send
  std::array<asio::const_buffer, 2> rest{asio::buffer(out_), asio::buffer(body.data(), body.size())};
  while (rest[0].size() + rest[1].size() > 0) {
    std::size_t size = socket_.send(rest, 0, error);
    if (error == asio::error::would_block) {
      error = {};
      Token token(asio::use_awaitable, error);
      size = co_await socket_.async_write_some(rest, token);
    }
    if (error) co_return error;
    written += size;
    const std::size_t of_head = std::min(size, rest[0].size());
    rest[0] += of_head;
    rest[1] += size - of_head;
  }
  sent_ = true;
  co_return error;
}

bool ClientConnection::make_room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ < buffer_.size()) return true;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    return true;
  }
  if (buffer_.size() >= buffer_bytes_max_) return false;
  buffer_.resize(std::min(buffer_bytes_max_, buffer_.size() * 2));
  return true;
}

ClientConnection::awaitable<ClientConnection::ErrorCode> ClientConnection::receive() {
  if (!make_room()) co_return asio::error::no_buffer_space;
  const asio::mutable_buffer room(buffer_.data() + end_, buffer_.size() - end_);
  ErrorCode error;
  Token token(asio::use_awaitable, error);
  std::size_t size = 0;
  if (tls_)
    size = co_await tls_->async_read_some(room, token);
  else
    size = co_await socket_.async_read_some(room, token);
  end_ += size;
  any_byte_ = any_byte_ || size > 0;
  // More seems to wait than there is room for.
  if (size == room.size() && buffer_.size() < buffer_bytes_most) buffer_.resize(buffer_bytes_most);
  co_return error;
}

ResponseParser::State ClientConnection::take_head() {
  const ResponseParser::Step step = parser_.feed({buffer_.data() + begin_, end_ - begin_}, head_);
  begin_ += step.consumed;
  if (step.state == ResponseParser::State::done) {
    body_left_ = parser_.content_length();
    chunks_ = ChunkDecoder();
    ended_ = parser_.body() == ResponseParser::Body::none;
  }
  return step.state;
}

ClientConnection::Piece ClientConnection::take_piece(std::string_view& data) {
  data = {};
  if (ended_) return Piece::end;
  if (parser_.body() == ResponseParser::Body::chunked) return take_chunks(data);
  std::size_t size = end_ - begin_;
  if (parser_.body() == ResponseParser::Body::length) {
    size = static_cast<std::size_t>(std::min<std::uint64_t>(size, body_left_));
    body_left_ -= size;
    ended_ = body_left_ == 0;
  }
  data = {buffer_.data() + begin_, size};
  begin_ += size;
  return size > 0 ? Piece::data : Piece::need_more;
}

// All chunks that came become one piece, moved together in the buffer: one piece is one write downstream.
ClientConnection::Piece ClientConnection::take_chunks(std::string_view& data) {
  char* first = nullptr;
  char* last = nullptr;
  while (begin_ < end_ && !chunks_.done() && !chunks_.failed()) {
    std::string_view run;
    begin_ += chunks_.feed({buffer_.data() + begin_, end_ - begin_}, run);
    if (run.empty()) continue;
    if (first == nullptr) first = last = buffer_.data() + (run.data() - buffer_.data());
    if (last != run.data()) std::memmove(last, run.data(), run.size());
    last += run.size();
  }
  ended_ = chunks_.done();
  if (first != nullptr) {
    data = {first, static_cast<std::size_t>(last - first)};
    return Piece::data;
  }
  if (chunks_.failed()) return Piece::broken;
  return ended_ ? Piece::end : Piece::need_more;
}

void ClientConnection::rest(Instant now) {
  rested_ = now;
  begin_ = end_ = 0;
  if (buffer_.size() > kept_bytes_max) std::vector<char>(buffer_bytes_first).swap(buffer_);
  if (out_.capacity() > kept_bytes_max) std::string().swap(out_);
}

}  // namespace loadline
