#pragma once
// Markdown as GitHub writes it: headings, lists with their depth, tables, code as paragraphs; HTML inside is
// read as HTML. A front matter between "---" lines gives title, author and date and is not text.
#include "extract/reader.h"

namespace loadline {

Status read_markdown(const ReadInput& input, PageSink& sink);

/// True if the text has structure that only Markdown has: headings with "#", tables with a delimiter row,
/// fenced code, links. `text` is UTF-8; its beginning is enough.
bool looks_like_markdown(std::string_view text);

}  // namespace loadline
