#pragma once
// PDF to pages of blocks: text layers through PDFium, scanned pages through recognition (ocr.h).
//
// Pages are read one after the other, a few ahead of the one that is given to the sink, because running
// headers and footers show only by comparison (running_lines.h); what is said of a page never depends on
// where reading began. Memory is that of the file, of PDFium, and of about twenty pages of words. Runs on one
// thread.
#include "base/result.h"
#include "extract/reader.h"

namespace loadline {

/// Pages of one PDF that are read.
inline constexpr int pdf_pages_max = 20'000;

/// Loads what reading PDF needs. Call it before the process is confined; calling it again does nothing.
/// unavailable: the PDF library does not load here.
Status prepare_pdf();

/// The same for recognising scans. unavailable: recognition is not installed; everything but scans is read
/// without it, and scanned pages then come as lost, with that reason.
Status prepare_ocr();

/// Status as DocumentExtractor::extract documents it. Pages that cannot be read come with a lost_reason.
/// resource_exhausted: the file has more than pdf_pages_max pages; those were given.
Status read_pdf(const ReadInput& input, PageSink& sink);

}  // namespace loadline
