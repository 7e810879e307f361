#pragma once
// What the shared machinery knows about a segment: an immutable set of rows, one chunk each, read from a
// mapped file. What a row means (terms, a vector) is the business of the SegmentFormat of the index.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/file_system.h"
#include "model/ids.h"
#include "retrieval/segments/tombstones.h"

namespace loadline {

/// The ids of a segment's rows. Rows usually lie in order of id; if not, `order` is the row numbers sorted
/// so.
class RowIds {
 public:
  RowIds() = default;
  RowIds(std::span<const std::uint64_t> ids, std::span<const std::uint32_t> order)
      : ids_(ids), order_(order) {}
  std::uint32_t rows() const { return static_cast<std::uint32_t>(ids_.size()); }
  ChunkId id(std::uint32_t row) const { return ChunkId{ids_[row]}; }
  std::optional<std::uint32_t> find(ChunkId id) const;
  /// Of a segment that is not empty.
  ChunkId smallest() const { return id(row_at(0)); }
  ChunkId largest() const { return id(row_at(rows() - 1)); }

 private:
  std::uint32_t row_at(std::uint32_t position) const { return order_.empty() ? position : order_[position]; }

  std::span<const std::uint64_t> ids_;
  std::span<const std::uint32_t> order_;
};

class Segment {
 public:
  virtual ~Segment() = default;
  virtual const RowIds& ids() const = 0;
  /// Of the file; see SectionFile::identity.
  virtual std::uint32_t identity() const = 0;
};

/// What the deleted rows of a segment change in an index's statistics; each index has its own.
class DeletionEffect {
 public:
  virtual ~DeletionEffect() = default;
};

/// A segment as one snapshot sees it. Cheap to copy.
struct LiveSegment {
  std::uint64_t number = 0;  // names the file; never used twice in a folder
  std::uint64_t bytes = 0;
  std::shared_ptr<const Segment> segment;
  std::shared_ptr<const Tombstones> deleted;     // never null
  std::shared_ptr<const DeletionEffect> effect;  // null if the format keeps none
  std::uint32_t rows() const { return segment->ids().rows(); }
  std::uint32_t live() const { return rows() - deleted->count(); }
};

/// How a program that is about to stop tells a long merge.
class StopFlag {
 public:
  virtual ~StopFlag() = default;
  virtual bool stopping() const = 0;
};

/// What an index gives to the machinery. Thread-safe.
class SegmentFormat {
 public:
  virtual ~SegmentFormat() = default;
  /// Names the index's kind and everything that makes files unreadable for another set-up: "keyword-1",
  /// "vector-1-384".
  virtual std::string_view kind() const = 0;
  /// data_loss.
  virtual Result<std::shared_ptr<const Segment>> open(std::unique_ptr<FileView> file,
                                                      std::string_view name) const = 0;
  /// The effect of `deleted` on `segment`. `before` is the state that is being replaced (same segment, fewer
  /// deletions) or null.
  virtual std::shared_ptr<const DeletionEffect> effect(const Segment& segment, const Tombstones& deleted,
                                                       const LiveSegment* before) const = 0;
  /// Positions of the segments to merge next; empty when there is nothing to do.
  virtual std::vector<std::size_t> plan(std::span<const LiveSegment> segments) const = 0;
  /// The file of one segment that holds the live rows of all inputs. `cancelled` when `stop` says so.
  virtual Result<std::vector<std::byte>> merge(std::span<const LiveSegment> inputs,
                                               const StopFlag& stop) const = 0;
  /// The file of one segment without a byte of the deleted rows of `input`: like a merge of one, but it may
  /// leave empty rows behind, whose id is 0.
  virtual Result<std::vector<std::byte>> purge(const LiveSegment& input, const StopFlag& stop) const = 0;
};

}  // namespace loadline
