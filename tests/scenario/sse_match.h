#pragma once
// What `expect sse: ...` means: the events of a chat or completion stream as items, and a list that they must
// match from the first to the last.
//
//   delta "text"      one piece            text "text"     pieces that make it up together
//   citation {..}     fields of one        tool {..}       fields of one piece of a tool call
//   finish "reason" [{..}]  the last chunk; fields of its extension
//   usage {..}        fields of it         error "code" | {..}   its code or type; fields of it
//   done              data: [DONE]         cut             the connection broke off here
//
// The chunk that only names the role must come first, and only once; it is not listed.
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "base/result.h"

namespace loadline {

struct SseItem {
  std::string kind;  // as above; "unknown": something else
  boost::json::value value;
  boost::json::value extension;  // of a finish
};

/// Items of the events of a body. `complete`: the answer came whole, else a "cut" is added.
std::vector<SseItem> sse_items(std::string_view body, bool complete);

/// failed_precondition: what was expected where, and what is there. invalid_argument: the list is wrong.
Status check_sse(const std::vector<SseItem>& items, std::string_view list);

}  // namespace loadline
