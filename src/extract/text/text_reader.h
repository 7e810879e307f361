#pragma once
// Plain text: paragraphs between blank lines, underlined or all-capital headings, list items. A form feed
// begins a new page, as printers did it.
#include <string_view>

#include "extract/page_writer.h"
#include "extract/reader.h"

namespace loadline {

/// Writes UTF-8 text to `out`, without ending the last page.
Status write_text(std::string_view text, PageWriter& out);

Status read_text(const ReadInput& input, PageSink& sink);

}  // namespace loadline
