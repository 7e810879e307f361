#pragma once
// Word documents: headings by style or outline level, lists with their numbers as Word shows them, tables
// with merged cells and header rows, text boxes, footnotes at the foot of their page, running headers and
// footers.
//
// A page ends at a hard break only (page break, break before a paragraph, section on a new page): where Word
// breaks lines and pages by itself depends on fonts and printers, and is not in the file.
#include "extract/office/package.h"

namespace loadline {

Status read_docx(OfficePackage& package, const ReadInput& input, PageSink& sink);

}  // namespace loadline
