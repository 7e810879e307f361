#include "api/api_error.h"

#include <algorithm>
#include <array>

#include "base/log.h"

namespace loadline {
namespace {

struct Row {
  Code code;
  int status;
  std::string_view type;
  std::string_view name;  // the "code" field
};

// Names as the OpenAI API has them where it has one; else our own.
constexpr std::array<Row, 12> rows{{
    {Code::cancelled, 499, "cancelled_error", "cancelled"},
    {Code::deadline_exceeded, 504, "timeout_error", "deadline_exceeded"},
    {Code::invalid_argument, 400, "invalid_request_error", ""},
    {Code::not_found, 404, "invalid_request_error", "not_found"},
    {Code::already_exists, 409, "invalid_request_error", "already_exists"},
    {Code::unauthenticated, 401, "invalid_request_error", "invalid_api_key"},
    {Code::permission_denied, 403, "permission_error", "permission_denied"},
    {Code::resource_exhausted, 429, "rate_limit_error", "rate_limit_exceeded"},
    {Code::failed_precondition, 409, "invalid_request_error", "failed_precondition"},
    {Code::unavailable, 503, "server_error", "unavailable"},
    {Code::data_loss, 500, "server_error", "data_loss"},
    {Code::internal, 500, "server_error", "internal"},
}};

std::string quoted_or_null(const std::string& text) { return text.empty() ? "null" : json_quoted(text); }

}  // namespace

ApiError api_error(const Error& error) {
  const Row& row =
      *std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.code == error.code(); });
  return {row.status, error.message(), std::string(row.type), "", std::string(row.name)};
}

ApiError api_error(int status, std::string message) {
  ApiError error{status, std::move(message), "invalid_request_error", "", ""};
  switch (status) {
    case 401:
      error.code = "invalid_api_key";
      break;
    case 404:
      error.code = "not_found";
      break;
    case 405:
      error.code = "method_not_allowed";
      break;
    case 408:
      error.code = "request_timeout";
      break;
    case 413:
      error.code = "request_too_large";
      break;
    case 415:
      error.code = "unsupported_media_type";
      break;
    case 429:
      error.type = "rate_limit_error", error.code = "rate_limit_exceeded";
      break;
    case 431:
      error.code = "header_too_large";
      break;
    case 503:
      error.type = "server_error", error.code = "unavailable";
      break;
    case 504:
      error.type = "timeout_error", error.code = "deadline_exceeded";
      break;
    default:
      if (status >= 500) error.type = "server_error", error.code = "internal";
  }
  return error;
}

ApiError field_error(std::string param, std::string message) {
  return {400, std::move(message), "invalid_request_error", std::move(param), ""};
}

std::string error_json(const ApiError& error) {
  return "{\"error\":{\"message\":" + json_quoted(error.message) + ",\"type\":" + json_quoted(error.type) +
         ",\"param\":" + quoted_or_null(error.param) + ",\"code\":" + quoted_or_null(error.code) + "}}";
}

HttpResponse error_response(const ApiError& error, int retry_after_seconds) {
  HttpResponse response;
  response.status = error.status;
  response.content_type = "application/json";
  response.body = error_json(error);
  if (error.status == 429 || error.status == 503)
    response.headers.push_back({"retry-after", std::to_string(retry_after_seconds)});
  if (error.status == 401) response.headers.push_back({"www-authenticate", "Bearer"});
  return response;
}

HttpResponse refusal_response(int status, const Error& error) {
  return error_response(status == 0 ? api_error(error) : api_error(status, error.message()));
}

HttpResponse health_response() {
  HttpResponse response;
  response.content_type = "application/json";
  response.body = R"({"status":"ok"})";
  return response;
}

}  // namespace loadline
