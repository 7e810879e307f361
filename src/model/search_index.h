#pragma once
// The two index ports. Both are derived from the document store and can always be rebuilt from it: an index
// remembers the number of the last change it holds (`applied_change`), and whoever opens it replays what the
// store has since.
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "model/ids.h"

namespace loadline {

struct ScoredChunk {
  ChunkId chunk;
  float score = 0;  // larger is better
};

/// Which chunks may be returned. `matches` is how many there are at most (a bound, for choosing an exact
/// scan); `accepts` must be cheap and thread-safe. A null filter accepts all.
struct ChunkFilter {
  std::uint64_t matches = 0;
  std::function<bool(ChunkId)> accepts;
};

struct IndexStats {
  std::uint64_t chunks = 0;
  std::uint64_t deleted = 0;  // removed but not yet merged away
  std::uint64_t segments = 0;
  std::uint64_t bytes_on_disk = 0;
};

struct KeywordEntry {
  ChunkId chunk;
  std::string_view text;
};

/// Many readers and one writer at a time; a search sees the state before or after an `apply`, never between.
class KeywordIndex {
 public:
  virtual ~KeywordIndex() = default;
  /// Adds and removes in one durable step and remembers `change` as the last one applied. An added id that is
  /// there already replaces it; a removed id that is not there is ignored (so replaying is harmless).
  virtual Status apply(std::span<const KeywordEntry> adds, std::span<const ChunkId> removes,
                       std::uint64_t change) = 0;
  virtual std::uint64_t applied_change() const = 0;
  /// The best `k` by BM25, best first, ties by smaller id.
  virtual Result<std::vector<ScoredChunk>> search(std::string_view query, std::size_t k,
                                                  const ChunkFilter* filter,
                                                  const CallContext& context) const = 0;
  /// For each of `words` how many chunks hold it, as `search` would find it; 0 for what is no word. Its
  /// default goes through `search`.
  virtual Result<std::vector<std::uint64_t>> frequencies(std::span<const std::string_view> words,
                                                         const CallContext& context) const;
  virtual IndexStats stats() const = 0;
  /// Every id that a search could return, sorted: to find orphans.
  virtual Result<std::vector<ChunkId>> chunk_ids() const = 0;
  /// Rewrites every file that still holds bytes of removed chunks (terms, postings, vectors), durably. For
  /// erasure: afterwards no file of the index tells that they were there. ok if there is nothing to do.
  virtual Status purge() = 0;
  /// Makes it empty, with applied_change 0: before a rebuild.
  virtual Status clear() = 0;
  /// Notices what another process has published since; cheap if nothing.
  virtual Status refresh() = 0;
  /// Waits until all reorganisation in the background is done, for whoever is about to end a long ingest.
  /// cancelled, deadline_exceeded; an error of the reorganisation itself.
  virtual Status settle(const CallContext& context) { return context.check(); }
};

struct VectorEntry {
  ChunkId chunk;
  std::span<const float> vector;  // unit length
};

/// Same rules as KeywordIndex. Scores are cosines.
class VectorIndex {
 public:
  virtual ~VectorIndex() = default;
  virtual std::size_t dimensions() const = 0;
  virtual Status apply(std::span<const VectorEntry> adds, std::span<const ChunkId> removes,
                       std::uint64_t change) = 0;
  virtual std::uint64_t applied_change() const = 0;
  /// min(k, matches) results always; approximate only where an exact scan would be slow.
  virtual Result<std::vector<ScoredChunk>> search(std::span<const float> query, std::size_t k,
                                                  const ChunkFilter* filter,
                                                  const CallContext& context) const = 0;
  /// The cosine of each of `chunks` in their order, exact; `absent_score` where the index does not hold it.
  /// For ranking candidates, whose number is small. Its default goes through `search`.
  virtual Result<std::vector<float>> scores(std::span<const float> query, std::span<const ChunkId> chunks,
                                            const CallContext& context) const;
  static constexpr float absent_score = -2.0F;
  virtual IndexStats stats() const = 0;
  virtual Result<std::vector<ChunkId>> chunk_ids() const = 0;
  virtual Status purge() = 0;
  virtual Status clear() = 0;
  virtual Status refresh() = 0;
  virtual Status settle(const CallContext& context) { return context.check(); }
};

}  // namespace loadline
