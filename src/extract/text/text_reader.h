#pragma once
// Plain text: paragraphs between blank lines, underlined or all-capital headings, list items. A form feed
// begins a new page, as printers did it.
#include "extract/reader.h"

namespace loadline {

Status read_text(const ReadInput& input, PageSink& sink);

}  // namespace loadline
