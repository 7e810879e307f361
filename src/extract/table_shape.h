#pragma once
// What can be said of a table from its cells alone: where the headers end.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/document.h"

namespace loadline {

/// True for amounts, shares and counts ("1,234.5", "(17)", "$ 12", "45%", "-", "n/a"), not for years, dates
/// and numbers with words.
bool is_value_text(std::string_view text);

/// How many rows at the top name the columns: rows without amounts above rows with some; in tables without
/// any amounts one row, if it is full and its texts are short and all different. At most 3.
std::uint32_t guess_header_rows(const Table& table);

/// White space of any kind to single spaces, none at the ends: cells stay on one line.
std::string one_line(std::string_view text);

/// A grid from rows of texts; empty texts make no cell. Header rows are not set.
Table table_from_rows(const std::vector<std::vector<std::string>>& rows);

}  // namespace loadline
