#include "retrieval/segments/segmented_index.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <utility>

namespace loadline {
namespace {

constexpr std::string_view manifest_name = "MANIFEST";
constexpr std::string_view lock_name = "lock";
constexpr int load_attempts_max = 10;  // a writer may replace files while we open them
constexpr int purge_rounds_max = 1000;
constexpr auto settle_check = std::chrono::milliseconds(20);

std::string segment_name(std::uint64_t number) { return "segment-" + std::to_string(number); }

bool same_file(const LiveSegment& a, const LiveSegment& b) {
  return a.number == b.number && a.segment->identity() == b.segment->identity();
}

const LiveSegment* find_same(const IndexSnapshot& snapshot, const LiveSegment& wanted) {
  for (const LiveSegment& live : snapshot.segments) {
    if (same_file(live, wanted)) return &live;
  }
  return nullptr;
}

bool holds_deleted_content(const LiveSegment& live) {
  bool found = false;
  live.deleted->for_each([&](std::uint32_t row) { found = found || live.segment->ids().id(row); });
  return found;
}

SegmentManifest manifest_of(const IndexSnapshot& snapshot, std::string_view kind) {
  SegmentManifest manifest;
  manifest.kind = kind;
  manifest.generation = snapshot.generation;
  manifest.applied_change = snapshot.applied_change;
  manifest.next_segment = snapshot.next_segment;
  for (const LiveSegment& live : snapshot.segments) {
    auto& entry = manifest.segments.emplace_back();
    entry.number = live.number;
    entry.bytes = live.bytes;
    entry.identity = live.segment->identity();
    entry.rows = live.rows();
    entry.deleted.reserve(live.deleted->count());
    live.deleted->for_each([&](std::uint32_t row) { entry.deleted.push_back(row); });
  }
  return manifest;
}

}  // namespace

class SegmentedIndex::Stop final : public StopFlag {
 public:
  bool stopping() const override { return stopping_.load(std::memory_order_relaxed); }
  void set() { stopping_.store(true, std::memory_order_relaxed); }

 private:
  std::atomic<bool> stopping_ = false;
};

struct SegmentedIndex::Locks {
  std::unique_lock<std::mutex> process;
  std::unique_ptr<FileLock> file;
};

std::uint64_t IndexSnapshot::live_rows() const {
  std::uint64_t rows = 0;
  for (const LiveSegment& live : segments) rows += live.live();
  return rows;
}

SegmentedIndex::SegmentedIndex(FileSystem& files, std::string folder, std::unique_ptr<SegmentFormat> format,
                               Options options)
    : files_(files),
      folder_(std::move(folder)),
      format_(std::move(format)),
      options_(options),
      snapshot_(std::make_shared<IndexSnapshot>()),
      stop_(std::make_unique<Stop>()) {}

SegmentedIndex::~SegmentedIndex() {
  stop_->set();
  {
    std::lock_guard lock(merge_mutex_);
    merge_wanted_ = false;
  }
  merge_wakes_.notify_all();
  if (merge_thread_.joinable()) merge_thread_.join();
}

Result<std::unique_ptr<SegmentedIndex>> SegmentedIndex::open(FileSystem& files, std::string folder,
                                                             std::unique_ptr<SegmentFormat> format,
                                                             Options options) {
  LOADLINE_TRY(files.create_folder(folder));
  std::unique_ptr<SegmentedIndex> index(
      new SegmentedIndex(files, std::move(folder), std::move(format), options));
  LOADLINE_TRY(index->refresh());
  return index;
}

Status SegmentedIndex::discard(FileSystem& files, const std::string& folder) {
  LOADLINE_TRY(files.create_folder(folder));
  LOADLINE_ASSIGN(const auto lock, files.lock(folder + "/" + std::string(lock_name)));
  LOADLINE_TRY(files.remove(folder + "/" + std::string(manifest_name)));
  LOADLINE_ASSIGN(const auto names, files.list(folder));
  for (const std::string& name : names) {
    if (name != lock_name) LOADLINE_TRY(files.remove(folder + "/" + name));
  }
  return {};
}

std::string SegmentedIndex::path_of(std::uint64_t number) const {
  return folder_ + "/" + segment_name(number);
}
std::string SegmentedIndex::manifest_path() const { return folder_ + "/" + std::string(manifest_name); }

std::shared_ptr<const IndexSnapshot> SegmentedIndex::snapshot() const {
  std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

void SegmentedIndex::set_snapshot(std::shared_ptr<const IndexSnapshot> next) {
  std::lock_guard lock(snapshot_mutex_);
  snapshot_.swap(next);
}

// Reading what is published.

Result<LiveSegment> SegmentedIndex::open_entry(const SegmentManifest::Entry& entry,
                                               const IndexSnapshot& current) const {
  LiveSegment live;
  live.number = entry.number;
  live.bytes = entry.bytes;
  const LiveSegment* before = nullptr;
  for (const LiveSegment& known : current.segments) {
    if (known.number == entry.number && known.segment->identity() == entry.identity) before = &known;
  }
  if (before != nullptr) {
    live.segment = before->segment;
  } else {
    LOADLINE_ASSIGN(auto file, files_.open(path_of(entry.number)));
    LOADLINE_ASSIGN(live.segment, format_->open(std::move(file), segment_name(entry.number)));
  }
  if (live.segment->identity() != entry.identity || live.rows() != entry.rows) {
    return Error(Code::data_loss, "index file " + segment_name(entry.number) +
                                      " is not the one that the manifest names; the index has to be rebuilt");
  }
  Tombstones deleted(entry.rows);
  for (const std::uint32_t row : entry.deleted) deleted.mark(row);
  live.effect = format_->effect(*live.segment, deleted, before);
  live.deleted = std::make_shared<const Tombstones>(std::move(deleted));
  return live;
}

Result<std::shared_ptr<const IndexSnapshot>> SegmentedIndex::load(std::span<const std::byte> bytes) const {
  LOADLINE_ASSIGN(const SegmentManifest manifest, decode_manifest(bytes, format_->kind()));
  auto next = std::make_shared<IndexSnapshot>();
  next->manifest_identity = manifest_identity(bytes);
  next->generation = manifest.generation;
  next->applied_change = manifest.applied_change;
  next->next_segment = manifest.next_segment;
  const auto current = snapshot();
  for (const auto& entry : manifest.segments) {
    LOADLINE_ASSIGN(LiveSegment live, open_entry(entry, *current));
    next->segments.push_back(std::move(live));
  }
  return std::shared_ptr<const IndexSnapshot>(std::move(next));
}

Status SegmentedIndex::reload_if_changed() {
  std::uint64_t tried = 0;
  for (int attempt = 0; attempt < load_attempts_max; ++attempt) {
    const auto file = files_.open(manifest_path());
    if (!file && file.error().code() == Code::not_found) {  // new, or discarded by another process
      if (snapshot()->manifest_identity != 0) set_snapshot(std::make_shared<IndexSnapshot>());
      return {};
    }
    if (!file) return file.error();
    const auto bytes = (*file)->bytes();
    const std::uint64_t identity = manifest_identity(bytes);
    if (identity == snapshot()->manifest_identity && identity != 0) return {};
    auto loaded = load(bytes);
    if (loaded) {
      set_snapshot(*std::move(loaded));
      return {};
    }
    if (loaded.error().code() != Code::not_found) return loaded.error();
    // A file it names is gone: right if a newer manifest is there by now.
    if (identity == tried) break;
    tried = identity;
  }
  return Error(Code::data_loss,
               "a file that the index manifest names is missing; the index has to be rebuilt");
}

Status SegmentedIndex::refresh() {
  std::unique_lock lock(writer_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return {};  // a writer of this process is at it and sees to it
  return reload_if_changed();
}

// Writing.

Result<SegmentedIndex::Locks> SegmentedIndex::lock_for_writing(OnDamage on_damage) {
  Locks locks;
  locks.process = std::unique_lock(writer_mutex_);
  LOADLINE_ASSIGN(locks.file, files_.lock(folder_ + "/" + std::string(lock_name)));
  const Status reloaded = reload_if_changed();
  const bool is_fine =
      reloaded.ok() || (on_damage == OnDamage::goes_on && reloaded.error().code() == Code::data_loss);
  if (!is_fine) return reloaded.error();
  return locks;
}

Result<LiveSegment> SegmentedIndex::write_segment(std::uint64_t number,
                                                  std::span<const std::byte> image) const {
  LOADLINE_TRY(files_.write_durable(path_of(number), image));
  LOADLINE_ASSIGN(auto file, files_.open(path_of(number)));
  LiveSegment live;
  live.number = number;
  live.bytes = image.size();
  LOADLINE_ASSIGN(live.segment, format_->open(std::move(file), segment_name(number)));
  Tombstones deleted(live.rows());
  for (std::uint32_t row = 0; row < live.rows(); ++row) {
    if (!live.segment->ids().id(row)) deleted.mark(row);
  }
  live.effect = format_->effect(*live.segment, deleted, nullptr);
  live.deleted = std::make_shared<const Tombstones>(std::move(deleted));
  return live;
}

LiveSegment SegmentedIndex::with_deletions(const LiveSegment& before, std::span<const ChunkId> ids) const {
  std::shared_ptr<Tombstones> deleted;
  for (const ChunkId id : ids) {
    const auto row = before.segment->ids().find(id);
    if (!row || before.deleted->contains(*row)) continue;
    if (!deleted) deleted = std::make_shared<Tombstones>(*before.deleted);
    deleted->mark(*row);
  }
  if (!deleted) return before;
  LiveSegment after = before;
  after.effect = format_->effect(*before.segment, *deleted, &before);
  after.deleted = std::move(deleted);
  return after;
}

Status SegmentedIndex::publish(std::shared_ptr<IndexSnapshot> next) {
  ++next->generation;
  const std::vector<std::byte> bytes = encode_manifest(manifest_of(*next, format_->kind()));
  next->manifest_identity = manifest_identity(bytes);
  Status written = files_.write_durable(manifest_path(), bytes);
  if (!written) {
    cleanup_needed_ = true;
    return written;
  }
  const auto before = snapshot();
  set_snapshot(next);
  if (cleanup_needed_) {
    cleanup_needed_ = !remove_unlisted(*next).ok();
    return {};
  }
  for (const LiveSegment& old : before->segments) {
    const bool kept = std::any_of(next->segments.begin(), next->segments.end(),
                                  [&](const LiveSegment& live) { return live.number == old.number; });
    if (!kept && !files_.remove(path_of(old.number)).ok()) cleanup_needed_ = true;
  }
  return {};
}

Status SegmentedIndex::remove_unlisted(const IndexSnapshot& listed) {
  std::set<std::string> wanted = {std::string(manifest_name), std::string(lock_name)};
  for (const LiveSegment& live : listed.segments) wanted.insert(segment_name(live.number));
  LOADLINE_ASSIGN(const auto names, files_.list(folder_));
  for (const std::string& name : names) {
    if (!wanted.contains(name)) LOADLINE_TRY(files_.remove(folder_ + "/" + name));
  }
  return {};
}

Status SegmentedIndex::apply(const Change& change) {
  {
    LOADLINE_ASSIGN(const Locks locks, lock_for_writing());
    const auto before = snapshot();
    auto next = std::make_shared<IndexSnapshot>(*before);
    next->applied_change = change.number;
    next->segments.clear();
    for (const LiveSegment& live : before->segments) {
      LiveSegment after = with_deletions(with_deletions(live, change.removed), change.added);
      if (!after.deleted->all()) next->segments.push_back(std::move(after));
    }
    if (!change.segment.empty()) {
      auto added = write_segment(next->next_segment++, change.segment);
      if (!added) {
        cleanup_needed_ = true;
        return added.error();
      }
      next->segments.push_back(*std::move(added));
    }
    LOADLINE_TRY(publish(std::move(next)));
  }
  merge_after_change();
  return {};
}

Status SegmentedIndex::clear() {
  LOADLINE_ASSIGN(const Locks locks, lock_for_writing(OnDamage::goes_on));
  auto next = std::make_shared<IndexSnapshot>();
  next->generation = snapshot()->generation;
  next->next_segment = snapshot()->next_segment;
  return publish(std::move(next));
}

// Merging.

Result<bool> SegmentedIndex::merge_once() {
  const auto base = snapshot();
  const std::vector<std::size_t> plan = format_->plan(base->segments);
  if (plan.empty()) return false;
  std::vector<LiveSegment> inputs;
  for (const std::size_t position : plan) inputs.push_back(base->segments[position]);
  LOADLINE_ASSIGN(const std::vector<std::byte> image, format_->merge(inputs, *stop_));
  return install(inputs, image);
}

LiveSegment SegmentedIndex::with_later_deletions(const LiveSegment& merged,
                                                 std::span<const LiveSegment> inputs,
                                                 const IndexSnapshot& now) const {
  std::vector<ChunkId> deleted_since;
  for (const LiveSegment& input : inputs) {
    const LiveSegment* current = find_same(now, input);
    current->deleted->for_each([&](std::uint32_t row) {
      if (!input.deleted->contains(row)) deleted_since.push_back(input.segment->ids().id(row));
    });
  }
  return with_deletions(merged, deleted_since);
}

Result<bool> SegmentedIndex::install(std::span<const LiveSegment> inputs, std::span<const std::byte> image) {
  LOADLINE_ASSIGN(const Locks locks, lock_for_writing());
  const auto before = snapshot();
  for (const LiveSegment& input : inputs) {
    if (find_same(*before, input) == nullptr) return true;  // cleared or merged elsewhere: plan again
  }
  auto next = std::make_shared<IndexSnapshot>(*before);
  std::erase_if(next->segments, [&](const LiveSegment& live) {
    return std::any_of(inputs.begin(), inputs.end(),
                       [&](const LiveSegment& in) { return same_file(in, live); });
  });
  if (!image.empty()) {
    auto merged = write_segment(next->next_segment++, image);
    if (!merged) {
      cleanup_needed_ = true;
      return merged.error();
    }
    LiveSegment live = with_later_deletions(*merged, inputs, *before);
    cleanup_needed_ = cleanup_needed_ || live.deleted->all();
    if (!live.deleted->all()) next->segments.push_back(std::move(live));
  }
  LOADLINE_TRY(publish(std::move(next)));
  return true;
}

void SegmentedIndex::run_merges() {
  for (;;) {
    const auto merged = merge_once();
    std::lock_guard lock(merge_mutex_);
    merge_failed_ = !merged.ok();
    if (!merged.ok() && !stop_->stopping()) merge_error_ = merged.error();
    if (merged.ok()) merge_error_.reset();
    if (!merged.ok() || !*merged || stop_->stopping()) return;
    merge_rests_.notify_all();
  }
}

void SegmentedIndex::merge_thread() {
  std::unique_lock lock(merge_mutex_);
  for (;;) {
    merge_wakes_.wait(lock, [&] { return merge_wanted_ || stop_->stopping(); });
    if (stop_->stopping()) return;
    merge_wanted_ = false;
    merge_running_ = true;
    lock.unlock();
    run_merges();
    lock.lock();
    merge_running_ = false;
    merge_rests_.notify_all();
  }
}

void SegmentedIndex::merge_after_change() {
  if (!options_.background_merges) return run_merges();
  std::unique_lock lock(merge_mutex_);
  if (!merge_thread_.joinable()) merge_thread_ = std::thread([this] { merge_thread(); });
  merge_wanted_ = true;
  merge_wakes_.notify_all();
  merge_rests_.wait(lock, [&] {
    const bool idle = !merge_wanted_ && !merge_running_;
    return idle || merge_failed_ || snapshot()->segments.size() <= segments_max;
  });
}

Status SegmentedIndex::settle(const CallContext& context) {
  if (!options_.background_merges) {
    run_merges();
    std::lock_guard lock(merge_mutex_);
    return merge_error_ ? Status(*merge_error_) : Status();
  }
  merge_after_change();
  std::unique_lock lock(merge_mutex_);
  while (merge_wanted_ || merge_running_) {
    LOADLINE_TRY(context.check());
    merge_rests_.wait_for(lock, settle_check);
  }
  return merge_error_ ? Status(*merge_error_) : Status();
}

Status SegmentedIndex::purge() {
  for (int round = 0; round < purge_rounds_max; ++round) {
    const auto current = snapshot();
    const auto dirty =
        std::find_if(current->segments.begin(), current->segments.end(), holds_deleted_content);
    if (dirty == current->segments.end()) break;
    LOADLINE_ASSIGN(const std::vector<std::byte> image, format_->purge(*dirty, *stop_));
    LOADLINE_ASSIGN(const bool done, install(std::span(&*dirty, 1), image));
    static_cast<void>(done);
  }
  LOADLINE_ASSIGN(const Locks locks, lock_for_writing());
  if (std::any_of(snapshot()->segments.begin(), snapshot()->segments.end(), holds_deleted_content)) {
    return Error(Code::unavailable, "chunks were deleted faster than they could be erased; erase again");
  }
  return remove_unlisted(*snapshot());
}

IndexStats SegmentedIndex::stats() const {
  const auto current = snapshot();
  IndexStats stats;
  stats.segments = current->segments.size();
  for (const LiveSegment& live : current->segments) {
    stats.chunks += live.live();
    stats.deleted += live.deleted->count();
    stats.bytes_on_disk += live.bytes;
  }
  return stats;
}

std::vector<ChunkId> SegmentedIndex::chunk_ids() const {
  const auto current = snapshot();
  std::vector<ChunkId> ids;
  ids.reserve(current->live_rows());
  for (const LiveSegment& live : current->segments) {
    for (std::uint32_t row = 0; row < live.rows(); ++row) {
      if (!live.deleted->contains(row)) ids.push_back(live.segment->ids().id(row));
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace loadline
