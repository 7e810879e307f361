#pragma once
// Reading the small JSON files of a model folder: parse within bounds, then ask for members with defaults.
// Private to this module's sources (Boost.JSON appears in no header that others include). Pure functions.
#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

/// invalid_argument, naming `file_name`, if it is over `bytes_max`, no JSON, or nested deeper than 32.
Result<boost::json::value> parse_json(std::string_view text, std::string_view file_name,
                                      std::size_t bytes_max);

/// Empty if `object` is no object, or has no such string.
std::string string_member(const boost::json::value& object, std::string_view name);
/// `fallback` if there is no such boolean.
bool bool_member(const boost::json::value& object, std::string_view name, bool fallback);
/// `fallback` if there is no such member; nothing if it is no whole number from 0 to `most`.
std::optional<std::size_t> size_member(const boost::json::value& object, std::string_view name,
                                       std::size_t fallback, std::size_t most);

}  // namespace loadline
