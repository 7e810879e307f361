#pragma once
// Rows of running text to paragraphs, headings and list items.
//
// A paragraph ends where the spacing, the size or weight of the letters, the indentation or a list mark says
// so, or where the next word would still have fitted on the line. Headings are told by size against the
// document's running text, weight, capitals and numbering. Boxes are in the view of the rows.
#include <span>
#include <string>
#include <vector>

#include "extract/pdf/profile.h"
#include "extract/pdf/rows.h"

namespace loadline::pdf {

/// Appends the blocks of `rows`, which stand below one another in one column.
void append_text_blocks(std::span<const Row> rows, const DocumentProfile& profile, std::vector<Block>& out);

/// One text of rows that follow one another: words divided at the end of a line are joined again when the
/// next line goes on in lower case and the document's words speak for it.
std::string text_of_rows(std::span<const Row> rows, const Vocabulary& vocabulary);

/// True if the row begins with a bullet, "(a)", "1." or the like, and something follows.
bool begins_list_item(const Row& row);

}  // namespace loadline::pdf
