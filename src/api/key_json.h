#pragma once
// Keys as the admin API shows and takes them. Never a secret, never a digest.
#include <boost/json.hpp>
#include <cstdint>

#include "api/api_error.h"
#include "governance/keys.h"

namespace loadline {

boost::json::object key_json(const KeyRecord& key, std::int64_t now_ms);

/// Changes `terms` by the fields of `body`: what is absent stays, null takes a limit, a budget or the expiry
/// away. `error` names the first field that is wrong or unknown; `terms` may then be half changed. Fields
/// whose names are in `others` are passed over.
void apply_key_json(const boost::json::object& body, std::initializer_list<std::string_view> others,
                    KeyTerms& terms, ApiError& error);

}  // namespace loadline
