#pragma once
// Reading order: finds columns of running text and puts what stands in them one after the other.
//
// Looks for white gutters that many rows have in common, and takes one only if both sides read like running
// text: filled lines of several words. The gap between the labels of a table and its figures, or between the
// figures, is no gutter: tables are read along their rows (tables.h).
#include <vector>

#include "extract/pdf/rows.h"

namespace loadline::pdf {

/// Rows that are read from top to bottom and have one left and right margin.
using Region = std::vector<Row>;

/// The regions of a page in the order in which they are read.
std::vector<Region> reading_order(Region page);

}  // namespace loadline::pdf
