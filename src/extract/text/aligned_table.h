#pragma once
// Tables in plain text whose columns are only aligned by spaces.
#include <optional>
#include <string_view>
#include <vector>

#include "model/document.h"

namespace loadline {

/// The lines as a table, if at least two places in them are blank in every line and most lines have text on
/// both sides; otherwise nothing. Lines of dashes are rules and no rows.
std::optional<Table> aligned_table(const std::vector<std::string_view>& lines);

}  // namespace loadline
