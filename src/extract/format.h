#pragma once
// What kind of file it is, from its content: marks at its beginning, then its structure; the name only where
// both leave it open. And the way from there to the reader.
#include <cstdint>
#include <string_view>

#include "extract/reader.h"

namespace loadline {

/// `zip` is also DOCX, XLSX and PPTX: which of them is known when it is opened.
enum class Format : std::uint8_t { pdf, zip, mail, html, markdown, csv, json, json_lines, text };

/// The format, or invalid_argument with the sentence for the user: empty, needs a password, a known format
/// that is not read (and what to do instead), or none that we know.
Result<Format> detect_format(std::string_view bytes, std::string_view file_name);

/// Detects and reads. A file inside another one comes here too, with its depth and the shared budget.
Status read_document(const ReadInput& input, PageSink& sink);

}  // namespace loadline
