#include "retrieval/keyword/keyword_index.h"

#include <algorithm>
#include <map>
#include <optional>

#include "retrieval/keyword/keyword_format.h"
#include "retrieval/keyword/keyword_segment.h"
#include "retrieval/keyword/keyword_segment_writer.h"
#include "retrieval/keyword/query_terms.h"
#include "retrieval/keyword/segment_search.h"
#include "retrieval/segments/segmented_index.h"

namespace loadline {
namespace {

const KeywordSegment& keyword_segment(const LiveSegment& live) {
  return static_cast<const KeywordSegment&>(*live.segment);
}
const DeletedTerms& deleted_terms(const LiveSegment& live) {
  return static_cast<const DeletedTerms&>(*live.effect);
}

CollectionStatistics statistics_of(const IndexSnapshot& snapshot) {
  CollectionStatistics statistics;
  for (const LiveSegment& live : snapshot.segments) {
    statistics.chunks += live.live();
    statistics.total_length += keyword_segment(live).total_length() - deleted_terms(live).length;
  }
  return statistics;
}

// Segments by their smallest id: then ids usually ascend from one to the next, which lets ties be skipped.
std::vector<const LiveSegment*> in_order_of_ids(const IndexSnapshot& snapshot) {
  std::vector<const LiveSegment*> order;
  for (const LiveSegment& live : snapshot.segments) order.push_back(&live);
  std::sort(order.begin(), order.end(), [](const LiveSegment* a, const LiveSegment* b) {
    return a->segment->ids().smallest() < b->segment->ids().smallest();
  });
  return order;
}

// How many of the postings are of chunks that are not deleted.
std::uint32_t live_postings(const LiveSegment& segment, const KeywordSegment::Term& entry) {
  const auto& gone = deleted_terms(segment).frequency;
  return entry.postings.count() - (gone.empty() ? 0 : gone[entry.number]);
}

// For each segment the lists of the query's terms, weighted by frequencies over all segments.
std::vector<std::vector<WeightedList>> weighted_lists(const std::vector<QueryTerm>& terms,
                                                      const std::vector<const LiveSegment*>& segments,
                                                      const Bm25& bm25) {
  std::vector<std::vector<WeightedList>> lists(segments.size());
  std::vector<std::pair<std::size_t, PostingList>> found;
  for (const QueryTerm& term : terms) {
    found.clear();
    std::uint64_t frequency = 0;
    for (std::size_t s = 0; s < segments.size(); ++s) {
      const auto entry = keyword_segment(*segments[s]).find(term.term);
      if (!entry) continue;
      const std::uint32_t live = live_postings(*segments[s], *entry);
      if (live == 0) continue;
      frequency += live;
      found.emplace_back(s, entry->postings);
    }
    const double weight = frequency == 0 ? 0 : bm25.term_weight(frequency, term.count);
    for (const auto& [s, postings] : found) lists[s].push_back({postings, weight});
  }
  return lists;
}

class DiskKeywordIndex final : public KeywordIndex {
 public:
  DiskKeywordIndex(std::unique_ptr<SegmentedIndex> index, const KeywordIndexOptions& options)
      : index_(std::move(index)), bm25_(options.bm25) {}

  Status apply(std::span<const KeywordEntry> adds, std::span<const ChunkId> removes,
               std::uint64_t change) override {
    std::map<ChunkId, std::string_view> unique;  // sorted; the last of equal ids counts
    for (const KeywordEntry& entry : adds) {
      if (!entry.chunk) return Error(Code::invalid_argument, "chunk id 0 names nothing");
      unique[entry.chunk] = entry.text;
    }
    std::vector<KeywordEntry> entries;
    std::vector<ChunkId> added;
    for (const auto& [chunk, text] : unique) {
      entries.push_back({chunk, text});
      added.push_back(chunk);
    }
    Analyzer analyzer;
    const std::vector<std::byte> segment = build_keyword_segment(entries, analyzer);
    return index_->apply({segment, added, removes, change});
  }

  std::uint64_t applied_change() const override { return index_->snapshot()->applied_change; }

  Result<std::vector<ScoredChunk>> search(std::string_view query, std::size_t k, const ChunkFilter* filter,
                                          const CallContext& context) const override {
    LOADLINE_TRY(context.check());
    const auto snapshot = index_->snapshot();
    Analyzer analyzer;
    const std::vector<QueryTerm> terms = parse_query(query, analyzer);
    TopK best(std::min<std::uint64_t>(k, snapshot->live_rows()));
    if (k == 0 || terms.empty() || snapshot->segments.empty()) return std::vector<ScoredChunk>();
    const Bm25 bm25(bm25_, statistics_of(*snapshot));
    const auto segments = in_order_of_ids(*snapshot);
    const auto lists = weighted_lists(terms, segments, bm25);
    ChunkId largest;
    for (std::size_t s = 0; s < segments.size(); ++s) {
      const RowIds& ids = segments[s]->segment->ids();
      const SegmentSearch search{keyword_segment(*segments[s]), *segments[s]->deleted, bm25, filter,
                                 ids.smallest() > largest};
      LOADLINE_TRY(search_segment(search, lists[s], context, best));
      largest = std::max(largest, ids.largest());
    }
    return std::move(best).take();
  }

  // A word of several terms ("e-mail") is as rare as its rarest term.
  Result<std::vector<std::uint64_t>> frequencies(std::span<const std::string_view> words,
                                                 const CallContext& context) const override {
    LOADLINE_TRY(context.check());
    const auto snapshot = index_->snapshot();
    Analyzer analyzer;
    std::vector<std::uint64_t> counts;
    for (const std::string_view word : words) {
      std::optional<std::uint64_t> least;
      for (const QueryTerm& term : parse_query(word, analyzer)) {
        std::uint64_t count = 0;
        for (const LiveSegment& live : snapshot->segments)
          if (const auto entry = keyword_segment(live).find(term.term)) count += live_postings(live, *entry);
        least = std::min(least.value_or(count), count);
      }
      counts.push_back(least.value_or(0));
    }
    return counts;
  }

  IndexStats stats() const override { return index_->stats(); }
  Result<std::vector<ChunkId>> chunk_ids() const override { return index_->chunk_ids(); }
  Status purge() override { return index_->purge(); }
  Status clear() override { return index_->clear(); }
  Status refresh() override { return index_->refresh(); }
  Status settle(const CallContext& context) override { return index_->settle(context); }

 private:
  const std::unique_ptr<SegmentedIndex> index_;
  const Bm25Options bm25_;
};

}  // namespace

Result<std::unique_ptr<KeywordIndex>> open_keyword_index(FileSystem& files, const std::string& folder,
                                                         const KeywordIndexOptions& options) {
  LOADLINE_ASSIGN(auto index,
                  SegmentedIndex::open(files, folder, std::make_unique<KeywordFormat>(options.merging),
                                       {.background_merges = options.background_merges}));
  return std::unique_ptr<KeywordIndex>(std::make_unique<DiskKeywordIndex>(std::move(index), options));
}

Status discard_index(FileSystem& files, const std::string& folder) {
  return SegmentedIndex::discard(files, folder);
}

}  // namespace loadline
