#include "retrieval/rank/document_filter.h"

#include <algorithm>

namespace loadline {
namespace {

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

bool any_of_these(const std::vector<std::string>& wanted, const std::string& value) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(),
                                       [&](const std::string& w) { return same_ignoring_case(w, value); });
}

bool any_common(const std::vector<std::string>& wanted, const std::vector<std::string>& values) {
  return wanted.empty() || std::any_of(values.begin(), values.end(),
                                       [&](const std::string& value) { return any_of_these(wanted, value); });
}

bool passes(const SearchFilter& filter, const DocumentRecord& document) {
  const bool documents =
      filter.documents.empty() ||
      std::find(filter.documents.begin(), filter.documents.end(), document.name) != filter.documents.end();
  const bool metadata = std::all_of(filter.metadata.begin(), filter.metadata.end(), [&](const auto& pair) {
    return std::find(document.metadata.begin(), document.metadata.end(), pair) != document.metadata.end();
  });
  return documents && metadata && any_of_these(filter.media_types, document.media_type) &&
         any_of_these(filter.labels, document.label) && any_common(filter.entities, document.entities) &&
         any_common(filter.periods, document.periods);
}

}  // namespace

DocumentSet::DocumentSet(const CollectionView& view, const SearchFilter& filter) : view_(&view) {
  for (std::uint32_t number = 0; number < view.documents().size(); ++number) {
    const bool allowed = passes(filter, view.documents()[number]);
    allowed_.push_back(allowed);
    all_ = all_ && allowed;
    if (allowed) chunks_ += view.chunks_of(number);
  }
}

DocumentSet::DocumentSet(const DocumentSet& of, const std::vector<std::uint32_t>& numbers)
    : view_(of.view_), allowed_(of.allowed_.size(), false), all_(false) {
  for (const std::uint32_t number : numbers) {
    if (!of.holds(number) || allowed_[number]) continue;
    allowed_[number] = true;
    chunks_ += view_->chunks_of(number);
  }
}

ChunkFilter DocumentSet::chunk_filter() const {
  return {chunks_, [this](ChunkId chunk) {
            const CollectionView::Place* const place = view_->find(chunk);
            return place != nullptr && holds(view_->document_number(place->document));
          }};
}

}  // namespace loadline
