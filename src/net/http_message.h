#pragma once
// HTTP requests and responses as plain values, shared by the server and what answers through it.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadline {

struct HttpHeader {
  std::string name;  // of a request: lower case
  std::string value;
};

struct HttpRequest {
  std::string method{};  // "GET"
  std::string target{};  // as sent: path, then "?" and the query if there is one
  int minor_version = 1;
  std::vector<HttpHeader> headers{};     // in order
  std::string body{};                    // empty if it went to a BodySink
  std::string request_id{};              // the client's x-request-id if it is sane, else a new one
  std::string peer{};                    // address of the client
  std::shared_ptr<const void> caller{};  // as RequestPlan said

  /// Value of the first header of that (lower-case) name; "" if there is none.
  std::string_view header(std::string_view name) const;
  std::string_view path() const;   // still percent-encoded
  std::string_view query() const;  // without "?"; still percent-encoded
};

struct HttpResponse {
  int status = 200;
  std::string content_type;         // "": no content-type header
  std::vector<HttpHeader> headers;  // further ones; content-length, date and x-request-id are the server's
  std::string body;
  std::shared_ptr<const std::string> shared_body;  // used instead of `body` if set
  bool close = false;                              // the connection ends after this response

  std::string_view content() const { return shared_body ? *shared_body : body; }
};

/// "Not Found" for 404; "Unknown" for what has no name here.
std::string_view http_reason(int status);

/// Decodes %XX. Nothing if an escape is broken.
bool percent_decode(std::string_view text, std::string& out);

/// "" if there is no such parameter. Broken escapes are kept as they are.
std::string query_parameter(std::string_view query, std::string_view name);

/// Whether an x-request-id from outside may be used: 1 to 128 characters of A-Z a-z 0-9 . _ - : /
bool is_sane_request_id(std::string_view id);

}  // namespace loadline
