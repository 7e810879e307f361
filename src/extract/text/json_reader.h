#pragma once
// JSON and JSON lines: every record (an element of the outermost array, a line, or a member of the outermost
// object) is a paragraph of "path: value" lines, numbers as the file writes them. An array or sequence of
// flat objects with the same keys is a table. Every json_records_per_page records make a page.
#include <string_view>

#include "extract/reader.h"

namespace loadline {

inline constexpr std::size_t json_records_per_page = 200;
inline constexpr std::size_t json_nesting_max = 100;

Status read_json(const ReadInput& input, PageSink& sink);
Status read_json_lines(const ReadInput& input, PageSink& sink);

/// True if `text` is one JSON array or object.
bool is_json(std::string_view text);
/// True if the first lines of `text`, at least two, are JSON objects or arrays.
bool is_json_lines(std::string_view text);

}  // namespace loadline
