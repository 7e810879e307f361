#pragma once
// Where a remote model is and how it is addressed: target, credentials, which headers pass either way. Pure
// functions of constant data; knows no socket. Thread-safe.
//
// Headers of the client reach an upstream only by its allow-list, never by default: a beta header or a
// cookie for one provider must not reach another when a route falls back. Headers of an upstream's answer
// reach the client only if they say when to come again or how much is left (rate limits), or which request
// it was.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dialect/dialect.h"
#include "net/http_message.h"
#include "net/http_url.h"
#include "net/response_parser.h"

namespace loadline {

enum class Provider : std::uint8_t { openai, azure, anthropic, gemini };

struct EndpointOptions {
  Provider provider = Provider::openai;
  std::string base_url;  // "https://host/v1"
  std::string model;     // the provider's name for it
  std::string key;       // "": no credentials are sent
  std::string api_version;
  std::vector<std::string> pass_headers;  // lower case
};

class Endpoint {
 public:
  static constexpr std::string_view anthropic_version = "2023-06-01";
  static constexpr std::string_view azure_version = "2024-10-21";

  /// invalid_argument: the URL, a header that may not be passed (host, content-length, authorization ...), or
  /// a key that no header can carry.
  static Result<Endpoint> open(EndpointOptions options);

  const HttpUrl& url() const { return url_; }
  Provider provider() const { return options_.provider; }
  const std::string& model() const { return options_.model; }

  /// The dialect in which a request that came in `client` is sent: its own where the provider speaks it, else
  /// the provider's chat dialect.
  Dialect dialect_for(Dialect client) const;
  /// Path and query for a request in that dialect.
  std::string target(Dialect dialect, bool stream) const;
  /// Credentials, content type, and what of `client` passes. Views into this and into `client`.
  void append_fields(const HttpRequest& client, Dialect dialect, std::vector<HttpField>& fields) const;
  /// What of an answer's head the client gets.
  static void append_passed(const HttpResponseHead& head, std::vector<HttpHeader>& headers);

 private:
  Endpoint(EndpointOptions options, HttpUrl url);

  EndpointOptions options_;
  HttpUrl url_;
  std::string credentials_;  // value of the header that carries the key
};

}  // namespace loadline
