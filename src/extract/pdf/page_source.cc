#include "extract/pdf/page_source.h"

#include <algorithm>
#include <utility>

#include "extract/pdf/glyph_reader.h"

namespace loadline::pdf {

namespace {

constexpr const char* scan_sentence =
    "The page is an image without text, and this version does not recognise scans.";
constexpr int image_object = 3;        // FPDF_PAGEOBJ_IMAGE
constexpr int objects_looked_at = 64;  // of a page without text

bool shows_an_image(const PdfPage& page) {
  const int count = std::min(page.api().Page_CountObjects(page.handle()), objects_looked_at);
  for (int index = 0; index < count; ++index)
    if (page.api().PageObj_GetType(page.api().Page_GetObject(page.handle(), index)) == image_object)
      return true;
  return false;
}

}  // namespace

std::unique_ptr<LoadedPage> PageSource::load(int number) const {
  auto loaded = std::make_unique<LoadedPage>();
  loaded->number = number;
  loaded->edges.page = number;
  const PdfPage page(file_, number - 1);
  Result<PageWords> words = read_page_words(page);
  if (!words) {
    loaded->lost_reason = words.error().message();
    return loaded;
  }
  loaded->words = *std::move(words);
  if (loaded->words.frames.empty()) {
    if (shows_an_image(page)) loaded->lost_reason = scan_sentence;
    return loaded;
  }
  Frame& frame = loaded->words.frames.front();
  if (frame.words.empty() && shows_an_image(page)) {
    loaded->lost_reason = scan_sentence;
    return loaded;
  }
  loaded->rows = build_rows(frame.words);
  loaded->edges = edges_of(number, loaded->rows, frame.height);
  return loaded;
}

LoadedPage& PageSource::page(int number) {
  std::unique_ptr<LoadedPage>& place = loaded_[number];
  if (!place) place = load(number);
  return *place;
}

const DocumentProfile& PageSource::profile() {
  if (profiled_) return profile_;
  profiled_ = true;
  for (const int index : profile_pages(pages_)) profile_.add(page(index + 1).words);
  profile_.finish();
  return profile_;
}

std::unique_ptr<LoadedPage> PageSource::take(int number) {
  page(number);
  std::unique_ptr<LoadedPage> taken = std::move(loaded_.extract(number).mapped());
  edges_[number] = taken->edges;
  loaded_.erase(loaded_.begin(), loaded_.lower_bound(number));
  edges_.erase(edges_.begin(), edges_.lower_bound(number - neighbour_pages));
  return taken;
}

std::vector<PageEdges> PageSource::edges_around(int number) {
  std::vector<PageEdges> around;
  const int first = std::max(1, number - neighbour_pages), last = std::min(pages_, number + neighbour_pages);
  for (int other = first; other <= last; ++other) {
    if (other == number) continue;
    const auto known = edges_.find(other);
    around.push_back(known != edges_.end() ? known->second : page(other).edges);
    if (known == edges_.end() && other < number) edges_[other] = around.back();
  }
  return around;
}

}  // namespace loadline::pdf
