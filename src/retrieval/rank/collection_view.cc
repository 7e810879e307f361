#include "retrieval/rank/collection_view.h"

#include <algorithm>
#include <tuple>

namespace loadline {
namespace {

// A table by id is made if it has at most so many entries for each chunk.
constexpr std::uint64_t id_spread_max = 8;

std::vector<DocumentRecord> sorted_by_id(std::vector<DocumentRecord> documents) {
  std::sort(documents.begin(), documents.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return documents;
}

}  // namespace

CollectionView::CollectionView(std::vector<DocumentRecord> documents, std::vector<Place> places)
    : documents_(sorted_by_id(std::move(documents))), places_(std::move(places)), evidence_(documents_) {
  const auto by_id = [](const Place& a, const Place& b) { return a.chunk < b.chunk; };
  if (!std::is_sorted(places_.begin(), places_.end(), by_id))
    std::sort(places_.begin(), places_.end(), by_id);
  by_page_ = places_;
  std::sort(by_page_.begin(), by_page_.end(), [](const Place& a, const Place& b) {
    return std::tie(a.document, a.page, a.ordinal) < std::tie(b.document, b.page, b.ordinal);
  });
  for (const DocumentRecord& document : documents_) {
    const auto first =
        std::lower_bound(by_page_.begin(), by_page_.end(), document.id,
                         [](const Place& place, DocumentId id) { return place.document < id; });
    document_begin_.push_back(static_cast<std::size_t>(first - by_page_.begin()));
  }
  document_begin_.push_back(by_page_.size());
  if (places_.empty()) return;
  const std::uint64_t spread = places_.back().chunk.value - places_.front().chunk.value + 1;
  if (spread > places_.size() * id_spread_max) return;
  by_id_.assign(spread, 0);
  for (std::size_t i = 0; i < places_.size(); ++i)
    by_id_[places_[i].chunk.value - places_.front().chunk.value] = static_cast<std::uint32_t>(i + 1);
}

const CollectionView::Place* CollectionView::find(ChunkId chunk) const {
  if (places_.empty() || chunk < places_.front().chunk || chunk > places_.back().chunk) return nullptr;
  if (!by_id_.empty()) {
    const std::uint32_t at = by_id_[chunk.value - places_.front().chunk.value];
    return at == 0 ? nullptr : &places_[at - 1];
  }
  const auto found = std::lower_bound(places_.begin(), places_.end(), chunk,
                                      [](const Place& place, ChunkId id) { return place.chunk < id; });
  return found->chunk == chunk ? &*found : nullptr;
}

std::uint32_t CollectionView::document_number(DocumentId document) const {
  const auto found =
      std::lower_bound(documents_.begin(), documents_.end(), document,
                       [](const DocumentRecord& record, DocumentId id) { return record.id < id; });
  if (found == documents_.end() || found->id != document)
    return static_cast<std::uint32_t>(documents_.size());
  return static_cast<std::uint32_t>(found - documents_.begin());
}

std::span<const CollectionView::Place> CollectionView::page(std::uint32_t document, int page) const {
  if (document >= documents_.size()) return {};
  const auto begin = by_page_.begin() + static_cast<std::ptrdiff_t>(document_begin_[document]);
  const auto end = begin + static_cast<std::ptrdiff_t>(chunks_of(document));
  const auto first =
      std::lower_bound(begin, end, page, [](const Place& place, int number) { return place.page < number; });
  auto last = first;
  while (last != end && last->page == page) ++last;
  return {first, last};
}

PageUnit CollectionView::unit_of(ChunkId chunk) const {
  const Place& place = *find(chunk);
  const std::uint32_t document = document_number(place.document);
  const std::span<const Place> all = page(document, place.page);
  const auto at =
      std::lower_bound(all.begin(), all.end(), place.ordinal,
                       [](const Place& other, std::uint32_t ordinal) { return other.ordinal < ordinal; });
  return {document, place.page, static_cast<std::uint32_t>(at - all.begin()) / unit_chunks_max};
}

std::span<const CollectionView::Place> CollectionView::unit(const PageUnit& unit) const {
  const std::span<const Place> all = page(unit.document, unit.page);
  const std::size_t begin = std::size_t{unit.run} * unit_chunks_max;
  if (begin >= all.size()) return {};
  return all.subspan(begin, std::min<std::size_t>(unit_chunks_max, all.size() - begin));
}

std::size_t CollectionView::chunks_of(std::uint32_t document) const {
  if (document >= documents_.size()) return 0;
  const std::size_t begin = document_begin_[document];
  std::size_t end = document_begin_[document + 1];
  // Places of documents that are not listed may lie between.
  while (end > begin && by_page_[end - 1].document != documents_[document].id) --end;
  return end - begin;
}

Result<std::shared_ptr<const CollectionView>> CollectionViews::get(CollectionId collection) {
  LOADLINE_ASSIGN(const std::uint64_t generation, store_.generation());
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(collection);
    if (found != entries_.end() && found->second.generation == generation) {
      found->second.used = ++uses_;
      return found->second.view;
    }
  }
  // Read without the lock: two searches may both do it after a change, and both are right.
  LOADLINE_ASSIGN(auto documents, store_.documents(collection));
  LOADLINE_ASSIGN(auto places, store_.chunk_places(collection));
  auto view = std::make_shared<const CollectionView>(std::move(documents), std::move(places));
  const std::lock_guard lock(mutex_);
  entries_[collection] = Entry{generation, ++uses_, view};
  if (entries_.size() > views_max)
    entries_.erase(std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
      return a.second.used < b.second.used;
    }));
  return view;
}

}  // namespace loadline
