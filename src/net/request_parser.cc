#include "net/request_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

namespace loadline {
namespace {

namespace http = boost::beast::http;
using ErrorCode = boost::beast::error_code;

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  if (a.size() != lower.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char c = a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] + ('a' - 'A')) : a[i];
    if (c != lower[i]) return false;
  }
  return true;
}

// Beast also takes a list of equal numbers.
bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

void assign_lower(std::string& out, std::string_view text) {
  out.assign(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
}

struct Failure {
  int status = 0;
  std::string message;
};

// Fills a HttpRequest as Beast calls back. A header field that must be refused sets `failure` and stops it.
class HeaderParser final : public http::basic_parser<true> {
 public:
  HeaderParser(HttpRequest& request, std::uint32_t header_bytes_max, std::uint32_t headers_max,
               Failure& failure)
      : request_(request), headers_max_(headers_max), failure_(failure) {
    header_limit(header_bytes_max);
    body_limit(boost::none);
    skip(true);  // stop after the header
  }

  bool chunked_body() const { return chunked_; }
  bool expects_continue() const { return expects_continue_; }
  std::uint64_t length() const {
    const auto length = content_length();
    return length ? *length : 0;
  }

 private:
  using View = boost::beast::string_view;

  static std::string_view text(View view) { return {view.data(), view.size()}; }

  void refuse(int status, std::string message, ErrorCode& ec) {
    failure_ = {status, std::move(message)};
    ec = http::error::bad_field;
  }

  void on_request_impl(http::verb, View method, View target, int version, ErrorCode&) override {
    request_.method.assign(text(method));
    request_.target.assign(text(target));
    request_.minor_version = version % 10;
  }

  void on_field_impl(http::field field, View name, View value, ErrorCode& ec) override {
    if (count_ == headers_max_)
      return refuse(431, "more than " + std::to_string(headers_max_) + " header fields", ec);
    switch (field) {
      case http::field::host:
        if (host_) return refuse(400, "more than one Host header", ec);
        host_ = true;
        break;
      case http::field::content_length:
        if (length_ || !is_number(text(value))) return refuse(400, "Content-Length must be one number", ec);
        length_ = true;
        break;
      case http::field::transfer_encoding:
        if (request_.minor_version == 0) return refuse(400, "Transfer-Encoding in a HTTP/1.0 request", ec);
        if (!equals_ignoring_case(text(value), "chunked"))
          return refuse(501, "the only Transfer-Encoding understood is \"chunked\"", ec);
        chunked_ = true;
        break;
      case http::field::expect:
        if (!equals_ignoring_case(text(value), "100-continue"))
          return refuse(417, "the only expectation understood is \"100-continue\"", ec);
        expects_continue_ = request_.minor_version >= 1;
        break;
      default:
        break;
    }
    if (request_.headers.size() == count_) request_.headers.emplace_back();
    HttpHeader& header = request_.headers[count_++];
    assign_lower(header.name, text(name));
    header.value.assign(text(value));
  }

  void on_header_impl(ErrorCode& ec) override {
    request_.headers.resize(count_);
    if (!host_ && request_.minor_version >= 1) refuse(400, "a HTTP/1.1 request needs a Host header", ec);
  }

  void on_response_impl(int, View, int, ErrorCode&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, ErrorCode&) override {}
  std::size_t on_body_impl(View, ErrorCode&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View, ErrorCode&) override { return 0; }
  void on_finish_impl(ErrorCode&) override {}

  HttpRequest& request_;
  const std::uint32_t headers_max_;
  Failure& failure_;
  std::size_t count_ = 0;
  bool host_ = false, length_ = false, chunked_ = false, expects_continue_ = false;
};

Failure failure_of(const ErrorCode& ec, std::uint32_t header_bytes_max) {
  if (ec == http::error::header_limit)
    return {431, "the header is longer than " + std::to_string(header_bytes_max) + " bytes"};
  if (ec == http::error::bad_version) return {505, "HTTP/1.1 and HTTP/1.0 are understood"};
  return {400, "the request is not HTTP: " + ec.message()};
}

}  // namespace

class RequestParser::Impl {
 public:
  Impl(std::uint32_t bytes_max, std::uint32_t fields_max)
      : header_bytes_max(bytes_max), headers_max(fields_max) {}

  const std::uint32_t header_bytes_max, headers_max;
  std::optional<HeaderParser> parser;
  Failure failure;
};

RequestParser::RequestParser(std::uint32_t header_bytes_max, std::uint32_t headers_max)
    : impl_(std::make_unique<Impl>(header_bytes_max, headers_max)) {}

RequestParser::~RequestParser() = default;

void RequestParser::begin(HttpRequest& request) {
  impl_->failure = {};
  impl_->parser.emplace(request, impl_->header_bytes_max, impl_->headers_max, impl_->failure);
}

RequestParser::Step RequestParser::feed(std::string_view bytes) {
  Step step;
  ErrorCode ec;
  // An empty line before a request is allowed (RFC 9112, 2.2).
  while (!impl_->parser->got_some() && bytes.substr(step.consumed, 2) == "\r\n") step.consumed += 2;
  bytes.remove_prefix(step.consumed);
  if (bytes.empty() || (!impl_->parser->got_some() && bytes == "\r")) return step;
  step.consumed += impl_->parser->put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  if (ec == http::error::need_more) return step;
  if (ec) {
    if (impl_->failure.status == 0) impl_->failure = failure_of(ec, impl_->header_bytes_max);
    step.state = State::failed;
  } else {
    step.state = State::done;
  }
  return step;
}

int RequestParser::failure_status() const { return impl_->failure.status; }
const std::string& RequestParser::failure() const { return impl_->failure.message; }
bool RequestParser::keep_alive() const { return impl_->parser->keep_alive(); }
bool RequestParser::expects_continue() const { return impl_->parser->expects_continue(); }
bool RequestParser::chunked() const { return impl_->parser->chunked_body(); }
std::uint64_t RequestParser::content_length() const { return impl_->parser->length(); }

}  // namespace loadline
