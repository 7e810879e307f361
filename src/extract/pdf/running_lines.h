#pragma once
// Running headers and footers: lines at the edges of pages that come again on pages near by, and page
// numbers.
//
// A line counts as repeated if another page within `neighbour_pages` has the same words at the same height,
// where one number may grow with the pages. Only pages near by are compared, so the same page is judged alike
// wherever reading begins, and a document of any length needs the edges of a few pages only.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "extract/pdf/rows.h"

namespace loadline::pdf {

/// How far pages are compared, in both directions.
inline constexpr int neighbour_pages = 3;
/// Rows at either edge of a page that may be running lines.
inline constexpr std::size_t edge_rows_max = 4;

/// A row at the edge of a page, as far as repetition goes.
struct EdgeLine {
  std::string words;  // numbers replaced by one mark
  std::vector<std::uint32_t> numbers;
  float x0 = 0, y = 0;
  std::size_t row = 0;  // of the page
};

struct PageEdges {
  int page = 0;
  float height = 0;
  std::size_t rows = 0;          // of the whole page
  std::vector<EdgeLine> top;     // downwards from the upper edge
  std::vector<EdgeLine> bottom;  // upwards from the lower edge
};

PageEdges edges_of(int page, std::span<const Row> rows, float height);

/// How many rows at the top and at the bottom of `page` are running lines.
struct RunningRows {
  std::size_t top = 0, bottom = 0;
};
RunningRows running_rows(const PageEdges& page, std::span<const PageEdges> neighbours);

}  // namespace loadline::pdf
