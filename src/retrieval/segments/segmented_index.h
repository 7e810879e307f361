#pragma once
// The machinery under both indexes: immutable segments in files, a manifest that names them, deletion by
// tombstones, tiered merges. What a row holds is the SegmentFormat's business.
//
// Publication. Everything durable happens in this order: segment files are written whole and under new names,
// then the manifest is replaced. A crash anywhere leaves the state before or after; files that no manifest
// names are removed by the next writer. Readers take a snapshot (shared_ptr) and are never blocked by
// writers; files may be removed under them, their mappings stay.
//
// Writers. One at a time: within the process by a mutex, between processes by the file system's lock on
// `<folder>/lock`. A writer first takes over what another process has published. Merges are computed outside
// both locks and installed under them, if their inputs are still there; rows deleted meanwhile stay deleted.
//
// Merges run on one background thread that starts with the first change and is joined by the destructor
// (which stops a merge under way; it will be done again). With `background_merges` off, they run inside
// `apply`. A merge never changes what a search returns.
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "model/file_system.h"
#include "model/search_index.h"
#include "retrieval/segments/segment.h"
#include "retrieval/segments/segment_manifest.h"

namespace loadline {

/// One published state. Never changes.
struct IndexSnapshot {
  std::uint64_t manifest_identity = 0;
  std::uint64_t generation = 0;
  std::uint64_t applied_change = 0;
  std::uint64_t next_segment = 1;
  std::vector<LiveSegment> segments;  // oldest first

  std::uint64_t live_rows() const;
};

class SegmentedIndex {
 public:
  struct Options {
    bool background_merges = true;
  };

  /// Checks every byte of every file. data_loss: damaged, call `discard` and rebuild; failed_precondition: of
  /// another kind, likewise; unavailable. Makes the folder if it is not there.
  static Result<std::unique_ptr<SegmentedIndex>> open(FileSystem& files, std::string folder,
                                                      std::unique_ptr<SegmentFormat> format, Options options);
  /// Removes an index, readable or not, from a folder. ok if there is none.
  static Status discard(FileSystem& files, const std::string& folder);
  ~SegmentedIndex();

  std::shared_ptr<const IndexSnapshot> snapshot() const;

  struct Change {
    std::span<const std::byte> segment;  // a segment file with the added rows; empty: none
    std::span<const ChunkId> added;      // its ids: older rows with these ids are deleted
    std::span<const ChunkId> removed;
    std::uint64_t number = 0;  // becomes applied_change
  };
  /// Durable on success. On an error nothing has changed for readers, though the change may turn out to have
  /// been published when the disk failed after the fact.
  Status apply(const Change& change);
  /// Works on a damaged index too: what is published then is whole.
  Status clear();
  Status refresh();
  Status purge();
  Status settle(const CallContext& context);
  IndexStats stats() const;
  std::vector<ChunkId> chunk_ids() const;

  /// More segments than this make `apply` wait for the merges to catch up.
  static constexpr std::size_t segments_max = 64;

 private:
  class Stop;
  struct Locks;
  SegmentedIndex(FileSystem& files, std::string folder, std::unique_ptr<SegmentFormat> format,
                 Options options);

  std::string path_of(std::uint64_t number) const;
  std::string manifest_path() const;
  enum class OnDamage { fails, goes_on };
  Result<Locks> lock_for_writing(OnDamage on_damage = OnDamage::fails);
  Status reload_if_changed();
  Result<std::shared_ptr<const IndexSnapshot>> load(std::span<const std::byte> manifest) const;
  Result<LiveSegment> open_entry(const SegmentManifest::Entry& entry, const IndexSnapshot& current) const;
  Result<LiveSegment> write_segment(std::uint64_t number, std::span<const std::byte> image) const;
  LiveSegment with_deletions(const LiveSegment& before, std::span<const ChunkId> ids) const;
  Status publish(std::shared_ptr<IndexSnapshot> next);
  Status remove_unlisted(const IndexSnapshot& listed);
  void set_snapshot(std::shared_ptr<const IndexSnapshot> next);

  Result<bool> merge_once();
  Result<bool> install(std::span<const LiveSegment> inputs, std::span<const std::byte> image);
  LiveSegment with_later_deletions(const LiveSegment& merged, std::span<const LiveSegment> inputs,
                                   const IndexSnapshot& now) const;
  void merge_after_change();
  void run_merges();
  void merge_thread();

  // constant after construction
  FileSystem& files_;
  const std::string folder_;
  const std::unique_ptr<SegmentFormat> format_;
  const Options options_;

  std::mutex writer_mutex_;     // held while publishing
  bool cleanup_needed_ = true;  // guarded by writer_mutex_

  mutable std::mutex snapshot_mutex_;
  std::shared_ptr<const IndexSnapshot> snapshot_;  // guarded by snapshot_mutex_

  std::mutex merge_mutex_;
  std::condition_variable merge_wakes_;  // something to do, or stop
  std::condition_variable merge_rests_;  // done for now, or one merge further
  // guarded by merge_mutex_
  bool merge_wanted_ = false;
  bool merge_running_ = false;
  bool merge_failed_ = false;
  std::optional<Error> merge_error_;
  std::unique_ptr<Stop> stop_;
  std::thread merge_thread_;
};

}  // namespace loadline
