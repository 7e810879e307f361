#include "extract/pdf/page_source.h"

#include <algorithm>
#include <utility>

#include "extract/pdf/glyph_reader.h"

namespace loadline::pdf {
namespace {

constexpr std::size_t letters_few = 16;  // a text layer with fewer says next to nothing

std::size_t readable_letters(const PageWords& words) {
  const std::size_t readable = words.glyphs - std::min(words.glyphs, words.unreadable);
  return readable * 10 < words.glyphs * 7 ? 0 : readable;  // codes of glyphs, no characters
}

std::size_t letters_of(const Frame& frame) {
  std::size_t letters = 0;
  for (const Word& word : frame.words) letters += word.text.size();
  return letters;
}

// Pages that show pictures of text: nothing readable in the text layer, but a large image, or so many paths
// that they may be letters; or no more than a stamp on an image of the page.
bool looks_like_scan(const PageWords& words) {
  constexpr std::size_t letters_of_stamp = 200;
  constexpr float image_shown = 0.1F, image_of_page = 0.6F;
  constexpr int paths_many = 100;
  const std::size_t readable = readable_letters(words);
  if (words.glyphs >= letters_few && readable == 0) return true;
  if (readable < letters_few) return words.image_share > image_shown || words.drawings > paths_many;
  return readable < letters_of_stamp && words.image_share > image_of_page;
}

void arrange(LoadedPage& page) {
  if (page.words.frames.empty()) return;
  Frame& frame = page.words.frames.front();
  page.rows = build_rows(frame.words);
  page.edges = edges_of(page.number, page.rows, frame.height);
}

}  // namespace

LoadedPage& PageSource::text_layer(int number) {
  std::unique_ptr<LoadedPage>& place = loaded_[number];
  if (place) return *place;
  place = std::make_unique<LoadedPage>();
  place->number = number;
  place->edges.page = number;
  if (!input_.may_begin(number)) {
    place->lost_reason = page_not_begun;
    return *place;
  }
  const PdfPage page(file_, number - 1);
  if (Result<PageWords> words = read_page_words(page); words)
    place->words = *std::move(words);
  else
    place->lost_reason = words.error().message();
  place->is_scan = looks_like_scan(place->words);
  if (!place->is_scan) arrange(*place);
  return *place;
}

LoadedPage& PageSource::page(int number) {
  LoadedPage& page = text_layer(number);
  if (page.is_scan) recognise(page);
  return page;
}

void PageSource::recognise(LoadedPage& page) {
  page.is_scan = false;
  if (!input_.may_begin(page.number)) {  // says that the work is still, or again, on this page
    page.lost_reason = page_not_begun;
    return;
  }
  Result<Frame> frame = read_scan(page.number);
  const std::size_t in_layer = readable_letters(page.words);
  if (!frame) {
    if (in_layer < letters_few) page.words.frames.clear(), page.lost_reason = frame.error().message();
  } else if (letters_of(*frame) >= 2 * in_layer) {  // otherwise the text layer says as much, and exactly
    page.recognised = true;
    page.words.frames.clear();
    if (!frame->words.empty()) page.words.frames.push_back(*std::move(frame));
  }
  arrange(page);
}

Result<Frame> PageSource::read_scan(int number) {
  if (!input_.recognise_scans)
    return Error(Code::failed_precondition, "The page is a scan, and text recognition is switched off.");
  input_.needs(ForeignLibrary::tesseract);
  if (!recogniser_) recogniser_ = Recogniser::open();
  if (!*recogniser_) return recogniser_->error();
  return (**recogniser_)->recognise(PdfPage(file_, number - 1));
}

const DocumentProfile& PageSource::profile() {
  if (profiled_) return profile_;
  profiled_ = true;
  for (const int index : profile_pages(pages_)) profile_.add(text_layer(index + 1).words);
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
