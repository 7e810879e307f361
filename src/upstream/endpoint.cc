#include "upstream/endpoint.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace loadline {
namespace {

constexpr std::array<std::string_view, 14> never_passed{"host",
                                                        "connection",
                                                        "content-length",
                                                        "content-type",
                                                        "transfer-encoding",
                                                        "authorization",
                                                        "x-api-key",
                                                        "x-goog-api-key",
                                                        "api-key",
                                                        "cookie",
                                                        "te",
                                                        "upgrade",
                                                        "proxy-authorization",
                                                        "expect"};

bool begins_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool is_header_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// Percent-encodes what could end a path segment; model names have colons and dots, which stay.
std::string path_segment(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~:@").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string_view openai_path(Dialect dialect) {
  switch (dialect) {
    case Dialect::openai_completions:
      return "/completions";
    case Dialect::openai_embeddings:
      return "/embeddings";
    case Dialect::openai_responses:
      return "/responses";
    default:
      return "/chat/completions";
  }
}

}  // namespace

Endpoint::Endpoint(EndpointOptions options, HttpUrl url)
    : options_(std::move(options)), url_(std::move(url)) {
  credentials_ = options_.provider == Provider::openai ? "Bearer " + options_.key : options_.key;
  if (!options_.api_version.empty()) return;
  if (options_.provider == Provider::azure) options_.api_version = azure_version;
  if (options_.provider == Provider::anthropic) options_.api_version = anthropic_version;
}

Result<Endpoint> Endpoint::open(EndpointOptions options) {
  LOADLINE_ASSIGN(HttpUrl url, parse_http_url(options.base_url));
  if (!is_header_text(options.key))
    return Error(Code::invalid_argument, "the provider's key has characters that no header can carry");
  for (std::string& name : options.pass_headers) {
    name = ascii_lower(name);
    if (std::find(never_passed.begin(), never_passed.end(), name) != never_passed.end())
      return Error(Code::invalid_argument, "the header '" + name + "' is never passed to an upstream");
  }
  return Endpoint(std::move(options), std::move(url));
}

Dialect Endpoint::dialect_for(Dialect client) const {
  switch (options_.provider) {
    case Provider::anthropic:
      return Dialect::anthropic_messages;
    case Provider::gemini:
      return Dialect::gemini;
    default:
      return client == Dialect::anthropic_messages || client == Dialect::gemini ? Dialect::openai_chat
                                                                                : client;
  }
}

std::string Endpoint::target(Dialect dialect, bool stream) const {
  switch (options_.provider) {
    case Provider::anthropic:
      return url_.path + "/messages";
    case Provider::gemini:
      return url_.path + "/models/" + path_segment(options_.model) +
             (stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
    case Provider::azure: {
      const std::string version = "?api-version=" + path_segment(options_.api_version);
      if (dialect == Dialect::openai_responses) return url_.path + "/openai/responses" + version;
      return url_.path + "/openai/deployments/" + path_segment(options_.model) +
             std::string(openai_path(dialect)) + version;
    }
    default:
      return url_.path + std::string(openai_path(dialect));
  }
}

void Endpoint::append_fields(const HttpRequest& client, Dialect dialect,
                             std::vector<HttpField>& fields) const {
  fields.push_back({"content-type", "application/json"});
  fields.push_back({"x-request-id", client.request_id});
  if (dialect == Dialect::anthropic_messages) fields.push_back({"anthropic-version", options_.api_version});
  if (!options_.key.empty()) {
    static constexpr std::string_view names[] = {"authorization", "api-key", "x-api-key", "x-goog-api-key"};
    fields.push_back({names[static_cast<std::size_t>(options_.provider)], credentials_});
  }
  for (const std::string& name : options_.pass_headers)
    for (const HttpHeader& header : client.headers)
      if (header.name == name) fields.push_back({header.name, header.value});
}

void Endpoint::append_passed(const HttpResponseHead& head, std::vector<HttpHeader>& headers) {
  for (const HttpField& field : head.fields) {
    if (field.name == "retry-after" || field.name == "retry-after-ms" ||
        begins_with(field.name, "x-ratelimit-") || begins_with(field.name, "anthropic-ratelimit-"))
      headers.push_back({std::string(field.name), std::string(field.value)});
    else if (field.name == "x-request-id" || field.name == "request-id")
      headers.push_back({"x-upstream-request-id", std::string(field.value)});
  }
}

}  // namespace loadline
