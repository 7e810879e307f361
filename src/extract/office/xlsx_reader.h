#pragma once
// Workbooks: each sheet is a page. Numbers and dates as the sheet shows them, formulas as their last results.
#include "extract/office/package.h"

namespace loadline {

inline constexpr std::size_t sheet_cells_max = 1'000'000;
inline constexpr std::size_t sheets_max = 1'000;
inline constexpr std::size_t merged_ranges_max = 100'000;

/// A sheet over a bound is a lost page; if every sheet is, the document fails.
Status read_xlsx(OfficePackage& package, const ReadInput& input, PageSink& sink);

}  // namespace loadline
