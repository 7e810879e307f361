#pragma once
// A JSON text as records of "path: value", read as a stream: no tree is built, so memory is bounded by one
// record.
//
//   [{"a": 1, "b": {"c": [2, 3]}}]   one record: a: 1 / b.c[0]: 2 / b.c[1]: 3
//   {"x": 1, "rows": [{...}, {...}]} a record of the plain members, a heading "rows", a record per element
//
// Plain function, thread-safe.
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace loadline {

struct JsonField {
  std::string path;   // "" for an element that is a plain value
  std::string value;  // one line; numbers as written
};
using JsonRecord = std::vector<JsonField>;

struct JsonRecords {
  std::function<Status(const std::string& key)>
      heading;  // a member of the outermost object that holds others
  std::function<Status(JsonRecord&& record)> record;
};

/// Errors of the callbacks end it. invalid_argument: no JSON, with the line. resource_exhausted: nested
/// deeper than json_nesting_max.
Status flatten_json(std::string_view text, const JsonRecords& records);

/// The same for a text that is one record: all of it, in one piece.
Result<JsonRecord> flatten_json_record(std::string_view text);

}  // namespace loadline
