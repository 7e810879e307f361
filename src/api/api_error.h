#pragma once
// Errors as clients see them: the one table from Code to HTTP status, and the JSON form of the OpenAI API,
// {"error":{"message","type","param","code"}}. Plain values.
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/http_message.h"

namespace loadline {

struct ApiError {
  int status = 500;
  std::string message;
  std::string type;   // "invalid_request_error" ...
  std::string param;  // the field that is wrong; "": null
  std::string code;   // "model_not_found" ...; "": null
};

/// The table: cancelled 499, deadline_exceeded 504, invalid_argument 400, not_found 404, already_exists 409,
/// unauthenticated 401, permission_denied 403, resource_exhausted 429, failed_precondition 409, unavailable
/// 503, data_loss 500, internal 500.
ApiError api_error(const Error& error);
/// With another status than the table's, for what HTTP distinguishes more finely (405, 408, 413 ...).
ApiError api_error(int status, std::string message);
/// 400 with the field that is wrong.
ApiError field_error(std::string param, std::string message);

/// {"error":{...}}
std::string error_json(const ApiError& error);
/// With Retry-After where trying again can help.
HttpResponse error_response(const ApiError& error, int retry_after_seconds = 1);
/// What the server itself refuses (HttpHandler::refusal); status 0: the table's.
HttpResponse refusal_response(int status, const Error& error);
/// The answer of /healthz: the process serves.
HttpResponse health_response();

}  // namespace loadline
