#pragma once
// What kind of file it is, from its content: marks at its beginning, then its structure; the name only where
// both leave it open. And the way from there to the reader.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "extract/reader.h"

namespace loadline {

/// `zip` is also DOCX, XLSX and PPTX: which of them is known when it is opened.
enum class Format : std::uint8_t { pdf, zip, mail, html, markdown, csv, json, json_lines, text };

/// How far into a file the mark of a PDF is looked for: some begin with the header of a mail or a print job.
inline constexpr std::size_t pdf_mark_reach = 1024;
bool has_pdf_mark(std::string_view bytes);

/// The format, or invalid_argument with the sentence for the user: empty, needs a password, a known format
/// that is not read (and what to do instead), or none that we know.
Result<Format> detect_format(std::string_view bytes, std::string_view file_name);

/// Detects and reads. A file inside another one comes here too, with its depth and the shared budget.
Status read_document(const ReadInput& input, PageSink& sink);

}  // namespace loadline
