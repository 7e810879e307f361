#pragma once
// The text layer of one page to words: characters with their boxes and fonts from PDFium, brought into the
// reader's view, cleaned and joined.
//
// Works in the order of the file, which is nearly always the order of writing; places decide what belongs
// together, the file's own spaces only where places leave it open.
#include <cstddef>

#include "base/result.h"
#include "extract/pdf/pdf_file.h"
#include "extract/pdf/words.h"

namespace loadline::pdf {

/// More letters than this on one page are not read: no page for readers has them.
inline constexpr int page_glyphs_max = 400'000;
/// How many drawings of a page are looked at for rules and images.
inline constexpr int page_drawings_max = 20'000;

/// resource_exhausted: over page_glyphs_max; data_loss: PDFium cannot read the page or its text. Both with a
/// sentence for the user.
Result<PageWords> read_page_words(const PdfPage& page);

}  // namespace loadline::pdf
