#pragma once
// What `expect json PATH OPERATOR VALUE` means: where a path leads, and whether what is there fits. Pure
// functions.
//
//   path       choices[0].message.content   data[-1].id   data[*].id   ["a.b"]   (nothing: the whole)
//   operator   = V   != V   >= N   <= N   contains V   lacks V   matches "REGEX" (POSIX, extended)   has N
//   entries
//              is present   is absent   is null|boolean|number|string|array|object
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

/// What stands at `path`; none: nothing. invalid_argument: the path is not one.
Result<std::optional<boost::json::value>> value_at(const boost::json::value& root, std::string_view path);

/// Whether all of `part` is in `whole`: text in a text, a fitting entry in an array, fields in an object (at
/// any depth), else the same value.
bool holds(const boost::json::value& whole, const boost::json::value& part);

/// ok, or failed_precondition (it does not fit: what was found), or invalid_argument (not an operator).
Status check_value(const std::optional<boost::json::value>& found, std::string_view condition);

/// Both: `text` is "PATH OPERATOR VALUE".
Status check_json(const boost::json::value& root, std::string_view text);

}  // namespace loadline
