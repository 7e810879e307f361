#pragma once
// Presentations: each slide is a page with its size in points, each shape's text with its box. Titles are
// headings, bullets list items with their level, tables keep their grid; charts give their figures as a
// table, speaker notes stand at the end of their slide.
#include "extract/office/package.h"

namespace loadline {

inline constexpr std::size_t slides_max = 5'000;

Status read_pptx(OfficePackage& package, const ReadInput& input, PageSink& sink);

}  // namespace loadline
