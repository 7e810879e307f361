#pragma once
// The description of the API, src/api/openapi.json, as part of the program.
#include <string_view>

namespace loadline {

/// JSON, OpenAPI 3.1.
std::string_view openapi_text();

}  // namespace loadline
