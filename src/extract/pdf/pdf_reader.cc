#include "extract/pdf/pdf_reader.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "extract/page_writer.h"
#include "extract/pdf/layout.h"
#include "extract/pdf/ocr.h"
#include "extract/pdf/page_source.h"
#include "extract/pdf/pdf_file.h"
#include "extract/pdf/pdfium_api.h"
#include "extract/pdf/properties.h"

namespace loadline {
namespace {

using pdf::Frame;
using pdf::LoadedPage;

// Text that runs in another direction than most of the page, behind the rest.
void append_turned_frames(LoadedPage& page, const pdf::DocumentProfile& profile, std::vector<Block>& blocks) {
  for (std::size_t at = 1; at < page.words.frames.size(); ++at) {
    Frame& frame = page.words.frames[at];
    std::vector<Block> turned = layout_frame(frame, pdf::build_rows(frame.words), {}, profile);
    std::move(turned.begin(), turned.end(), std::back_inserter(blocks));
  }
}

ExtractedPage page_of(pdf::PageSource& source, int number) {
  const pdf::DocumentProfile& general = source.profile();
  const std::vector<pdf::PageEdges> around = source.edges_around(number);
  const std::unique_ptr<LoadedPage> loaded = source.take(number);
  ExtractedPage page;
  page.number = number;
  page.width = loaded->words.width;
  page.height = loaded->words.height;
  page.recognised = loaded->recognised;
  page.lost_reason = loaded->lost_reason;
  if (loaded->words.frames.empty()) return page;
  const pdf::RunningRows running = pdf::running_rows(loaded->edges, around);
  pdf::DocumentProfile own;
  if (loaded->recognised) own.add(loaded->words), own.finish();
  const pdf::DocumentProfile& profile = loaded->recognised ? own : general;
  page.blocks = layout_frame(loaded->words.frames.front(), std::move(loaded->rows), running, profile);
  append_turned_frames(*loaded, profile, page.blocks);
  return page;
}

}  // namespace

Status prepare_ocr() {
  if (Result<const pdf::TesseractLibrary*> library = pdf::load_tesseract(); !library) return library.error();
  return {};
}

Status prepare_pdf() {
  if (Result<const pdf::PdfiumApi*> api = pdf::load_pdfium(); !api) return api.error();
  return {};
}

Status read_pdf(const ReadInput& input, PageSink& sink) {
  input.needs(ForeignLibrary::pdfium);
  LOADLINE_ASSIGN(const pdf::PdfiumApi* const api, pdf::load_pdfium());
  LOADLINE_ASSIGN(const pdf::PdfFile file, pdf::PdfFile::open(*api, input.bytes));
  pdf::PageSource source(file, input);
  if (!sink.on_properties(pdf::properties_of(file))) return sink_stopped();
  const int last = std::min(source.pages(), pdf_pages_max);
  for (int number = std::max(1, input.first_page); number <= last; ++number)
    if (!sink.on_page(page_of(source, number))) return sink_stopped();
  if (source.pages() > pdf_pages_max)
    return Error(Code::resource_exhausted, "The PDF has " + std::to_string(source.pages()) +
                                               " pages; the first " + std::to_string(pdf_pages_max) +
                                               " were read. Split the file.");
  return {};
}

}  // namespace loadline
