#pragma once
// One page's words to blocks in reading order. Puts together columns, tables and paragraphs; knows nothing of
// PDFium. Pure functions of their input.
#include <vector>

#include "extract/pdf/profile.h"
#include "extract/pdf/rows.h"
#include "extract/pdf/running_lines.h"
#include "extract/pdf/words.h"

namespace loadline::pdf {

/// Blocks of the frame with the most words: running header, body, running footer. `rows` are those of
/// `frame`; boxes come out in the reader's view.
std::vector<Block> layout_frame(const Frame& frame, std::vector<Row> rows, const RunningRows& running,
                                const DocumentProfile& profile);

}  // namespace loadline::pdf
