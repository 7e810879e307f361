#include "storage/journal.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "storage/journal_segment.h"
#include "storage/posix_error.h"

namespace loadline {
namespace {

using SegmentPtr = std::shared_ptr<JournalSegment>;
constexpr std::uint64_t head_bytes = JournalSegment::head_bytes;
constexpr std::string_view name_start = "journal-", name_end = ".log";
constexpr std::uint32_t sequence_max = 99'999'999;
constexpr std::chrono::seconds allocation_wait_max{5};  // of an append, for a segment that is being allocated

std::string segment_path(const std::string& folder, std::uint32_t sequence) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "journal-%08u.log", sequence);
  return folder + "/" + name.data();
}

// 0: not the name of a segment.
std::uint32_t sequence_of(const std::string& name) {
  if (name.size() != name_start.size() + 8 + name_end.size() || !name.starts_with(name_start) ||
      !name.ends_with(name_end))
    return 0;
  std::uint32_t sequence = 0;
  for (std::size_t i = name_start.size(); i < name_start.size() + 8; ++i) {
    if (name[i] < '0' || name[i] > '9') return 0;
    sequence = sequence * 10 + static_cast<std::uint32_t>(name[i] - '0');
  }
  return sequence;
}

Error damaged(const JournalSegment& segment, std::uint64_t offset, std::uint64_t number) {
  return Error(Code::data_loss,
               segment.path() + " is damaged at byte " + std::to_string(offset) + " (record " +
                   std::to_string(number) +
                   "); restore it from a backup, or move the folder away to begin a new one");
}

Error damaged_head(const JournalSegment& segment) {
  return Error(Code::data_loss,
               segment.path() + " has a damaged head; restore it from a backup, or move the folder away");
}

struct Listed {
  std::uint32_t sequence = 0;
  std::uint64_t first = 0;  // number of its first record
};

Result<std::vector<std::uint32_t>> list_sequences(const std::string& folder) {
  std::vector<std::uint32_t> found;
  std::error_code error;
  std::filesystem::directory_iterator at(folder, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error))
    if (const std::uint32_t sequence = sequence_of(at->path().filename().string()); sequence != 0)
      found.push_back(sequence);
  if (error) return posix_error("listing", folder, error.value());
  std::sort(found.begin(), found.end());
  for (std::size_t i = 1; i < found.size(); ++i)
    if (found[i] != found[i - 1] + 1)
      return Error(Code::data_loss, segment_path(folder, found[i - 1] + 1) +
                                        " is missing; restore it from a backup, or move the folder away");
  return found;
}

// What the files say, without changing them.
struct Recovered {
  std::vector<Listed> segments;       // in use
  std::vector<std::uint32_t> unused;  // behind the end: allocated ahead, or begun but never durable
  std::uint64_t end = head_bytes;     // of the last one in use
  std::uint64_t next = 1;             // number of the next record
  std::uint64_t torn_bytes = 0;
};

class Recovery {
 public:
  Recovery(std::string folder, std::vector<std::uint32_t> sequences)
      : folder_(std::move(folder)), sequences_(std::move(sequences)) {}

  Result<Recovered> run() {
    LOADLINE_ASSIGN(const std::size_t from, last_durable());
    for (std::size_t i = from; i < sequences_.size(); ++i) {
      LOADLINE_ASSIGN(const SegmentPtr segment, JournalSegment::open(path(i), false));
      const auto start = segment->start();
      const bool follows =
          start == JournalSegment::Start::valid && (i == from || segment->first() == out_.next);
      // Segments are synced in order. What does not follow was never durable.
      if (!follows) return leave_out(i);
      LOADLINE_TRY(walk(*segment, sequences_[i]));
    }
    out_.torn_bytes = torn_here_;
    return std::move(out_);
  }

 private:
  std::string path(std::size_t i) const { return segment_path(folder_, sequences_[i]); }

  // The last segment that was durable in part: all before it were durable as a whole, because they are synced
  // in order. 0 where none was. Notes those before it.
  Result<std::size_t> last_durable() {
    std::size_t found = 0;
    for (std::size_t i = 0; i < sequences_.size(); ++i) {
      LOADLINE_ASSIGN(const SegmentPtr segment, JournalSegment::open(path(i), false));
      if (segment->start() == JournalSegment::Start::damaged) return damaged_head(*segment);
      if (segment->start() == JournalSegment::Start::blank) {
        heads_.push_back(0);
        continue;
      }
      const auto end = segment->durable_end();
      if (!end || *end > segment->size() || *end < head_bytes) return damaged_head(*segment);
      if (*end > head_bytes) found = i;
      heads_.push_back(segment->first());
    }
    for (std::size_t i = 0; i < found; ++i) {
      if (heads_[i] == 0 || heads_[i] >= heads_[i + 1])
        return Error(Code::data_loss, path(i) + " does not fit the one after it; restore it from a backup");
      out_.segments.push_back({sequences_[i], heads_[i]});
    }
    return found;
  }

  Status walk(const JournalSegment& segment, std::uint32_t sequence) {
    out_.segments.push_back({sequence, segment.first()});
    out_.next = segment.first();
    out_.end = head_bytes;
    const std::uint64_t durable =
        segment.durable_end().value_or(head_bytes);  // first: another may be writing
    std::string_view record;
    for (;;) {
      const auto frame = segment.read_frame(out_.end, segment.size(), out_.next, record);
      if (frame != JournalSegment::Frame::whole) break;
      out_.end += JournalSegment::frame_bytes(record.size());
      ++out_.next;
    }
    if (out_.end < durable) return damaged(segment, out_.end, out_.next);
    torn_here_ = segment.content_end(out_.end) - out_.end;
    return {};
  }

  Result<Recovered> leave_out(std::size_t from) {
    for (std::size_t i = from; i < sequences_.size(); ++i) {
      LOADLINE_ASSIGN(const SegmentPtr segment, JournalSegment::open(path(i), false));
      if (segment->size() > head_bytes) out_.torn_bytes += segment->content_end(head_bytes) - head_bytes;
      out_.unused.push_back(sequences_[i]);
    }
    out_.torn_bytes += torn_here_;
    return std::move(out_);
  }

  const std::string folder_;
  const std::vector<std::uint32_t> sequences_;
  std::vector<std::uint64_t> heads_;
  Recovered out_;
  std::uint64_t torn_here_ = 0;
};

// The frames of one segment in order, until `visit` gives false or they end. Gives how it ended.
struct Walk {
  std::uint64_t offset, number;
  bool stopped;
};
Walk walk_frames(const JournalSegment& segment, std::uint64_t limit, std::uint64_t from,
                 const std::function<bool(std::uint64_t, std::string_view)>& visit) {
  Walk at{head_bytes, segment.first(), false};
  std::string_view record;
  for (;;) {
    if (segment.read_frame(at.offset, limit, at.number, record) != JournalSegment::Frame::whole) return at;
    if (at.number >= from && !visit(at.number, record)) {
      at.stopped = true;
      return at;
    }
    at.offset += JournalSegment::frame_bytes(record.size());
    ++at.number;
  }
}

class MappedJournal final : public FileJournal {
 public:
  MappedJournal(JournalOptions options, FileDescriptor lock)
      : options_(std::move(options)), lock_(std::move(lock)) {}
  ~MappedJournal() override { stop(); }

  Status start();

  Result<std::uint64_t> append(std::string_view record) override;
  std::uint64_t room() const override;
  std::uint64_t durable() const override;
  Status flush() override;
  Status read(std::uint64_t first,
              const std::function<bool(std::uint64_t, std::string_view)>& visit) const override;
  std::uint64_t torn_bytes() const override { return torn_bytes_; }
  std::uint64_t first() const override;
  std::uint64_t last() const override;
  Result<std::size_t> drop_before(std::uint64_t number) override;
  std::uint64_t syncs() const override;

 private:
  struct Unsynced {
    SegmentPtr segment;
    std::uint64_t end;  // of its content
  };

  Status adopt(Recovered recovered);
  Status allocate_first();
  Status make_spare();
  Status read_segments(std::uint64_t first,
                       const std::function<bool(std::uint64_t, std::string_view)>& visit) const;
  Status next_segment(std::unique_lock<std::mutex>& lock);
  void sync_thread();
  void allocation_thread();
  void sync(std::unique_lock<std::mutex>& lock, Instant due);
  Instant sync_time() const;
  void stop();
  std::string path(std::uint32_t sequence) const { return segment_path(options_.folder, sequence); }

  const JournalOptions options_;
  FileDescriptor lock_;           // of the folder
  std::uint64_t torn_bytes_ = 0;  // constant after start

  mutable std::mutex mutex_;
  // guarded by mutex_
  std::vector<Listed> segments_;  // in use
  std::uint32_t next_sequence_ = 1;
  SegmentPtr active_;               // none: nothing could be allocated yet
  std::uint64_t end_ = head_bytes;  // of the content of active_
  std::uint64_t next_ = 1;
  SegmentPtr spare_;
  std::optional<Error> no_room_;  // why there is no spare
  std::vector<Unsynced> full_;    // not yet synced as a whole; at most as many as fill up during one sync
  bool pending_ = false;          // something is not durable
  bool flush_now_ = false;
  bool stopping_ = false;
  std::optional<Error> failed_;
  Instant pending_since_{};
  std::uint64_t durable_ = 0;
  std::uint64_t syncs_ = 0;
  Duration sync_takes_{};  // the recent ones, on the long side
  std::condition_variable sync_wake_, spare_wake_, synced_, spare_ready_;

  std::thread syncer_, allocator_;
};

Status MappedJournal::start() {
  LOADLINE_ASSIGN(std::vector<std::uint32_t> sequences, list_sequences(options_.folder));
  const std::uint32_t last = sequences.empty() ? 0 : sequences.back();
  LOADLINE_ASSIGN(Recovered recovered, Recovery(options_.folder, std::move(sequences)).run());
  next_sequence_ = last + 1;
  LOADLINE_TRY(adopt(std::move(recovered)));
  if (options_.read_only) return {};
  LOADLINE_TRY(allocate_first());
  syncer_ = std::thread([this] { sync_thread(); });
  allocator_ = std::thread([this] { allocation_thread(); });
  return {};
}

Status MappedJournal::adopt(Recovered recovered) {
  segments_ = std::move(recovered.segments);
  next_ = recovered.next;
  durable_ = next_ - 1;
  torn_bytes_ = recovered.torn_bytes;
  if (options_.read_only) return {};
  // From the last to the first, so that a crash in between leaves no gap.
  for (auto it = recovered.unused.rbegin(); it != recovered.unused.rend(); ++it)
    if (::unlink(path(*it).c_str()) != 0) return posix_error("removing", path(*it), errno);
  if (!segments_.empty()) {
    next_sequence_ = segments_.back().sequence + 1;
    LOADLINE_ASSIGN(active_, JournalSegment::open(path(segments_.back().sequence), true));
    LOADLINE_TRY(active_->cut(recovered.end, std::max(options_.segment_bytes, recovered.end)));
    end_ = recovered.end;
    active_->set_durable_end(end_);
    return {};
  }
  next_sequence_ = 1;
  return {};
}

// The first one, too, so that `room` tells the truth from the beginning.
Status MappedJournal::allocate_first() {
  std::unique_lock lock(mutex_);
  LOADLINE_TRY(make_spare());
  if (!spare_ || active_) return {};
  LOADLINE_TRY(next_segment(lock));
  return make_spare();
}

// No room is remembered and not an error.
Status MappedJournal::make_spare() {
  auto made = JournalSegment::create(path(next_sequence_), options_.segment_bytes);
  if (!made && made.error().code() != Code::resource_exhausted) return std::move(made).error();
  if (!made) {
    no_room_ = std::move(made).error();
    return {};
  }
  spare_ = *std::move(made);
  ++next_sequence_;
  return {};
}

// What is behind the last whole record of active_ stays zero: it reads as the end.
Status MappedJournal::next_segment(std::unique_lock<std::mutex>& lock) {
  if (!spare_ && !no_room_ && !stopping_)
    spare_ready_.wait_for(lock, allocation_wait_max, [&] { return spare_ || no_room_ || stopping_; });
  if (!spare_) {
    if (no_room_) return *no_room_;
    return Error(Code::unavailable, "the next segment of the journal in " + options_.folder +
                                        " is not allocated yet; the disk is too slow");
  }
  if (active_) full_.push_back({active_, end_});
  active_ = std::move(spare_);
  spare_.reset();
  active_->begin(next_);
  end_ = head_bytes;
  segments_.push_back({sequence_of(std::filesystem::path(active_->path()).filename().string()), next_});
  spare_wake_.notify_one();
  return {};
}

Result<std::uint64_t> MappedJournal::append(std::string_view record) {
  if (record.empty() || record.size() > record_bytes_max)
    return Error(Code::invalid_argument, "a journal record has 1 to " + std::to_string(record_bytes_max) +
                                             " bytes, not " + std::to_string(record.size()));
  const std::uint32_t crc = crc32c(record.data(), record.size());
  const std::uint64_t bytes = JournalSegment::frame_bytes(record.size());
  std::unique_lock lock(mutex_);
  if (failed_) return *failed_;
  if (options_.read_only) return Error(Code::failed_precondition, "the journal is open for reading only");
  // Once it waited, another append may have taken the new segment and even filled it.
  while (!active_ || end_ + bytes > active_->size()) LOADLINE_TRY(next_segment(lock));
  active_->write_frame(end_, next_, record, crc);
  end_ += bytes;
  if (!pending_) {
    pending_ = true;
    pending_since_ = std::chrono::steady_clock::now();
    sync_wake_.notify_one();
  }
  return next_++;
}

std::uint64_t MappedJournal::room() const {
  std::lock_guard lock(mutex_);
  if (failed_ || options_.read_only) return 0;
  std::uint64_t room = active_ ? active_->size() - end_ : 0;
  if (spare_) room += spare_->size() - head_bytes;
  return room;
}

std::uint64_t MappedJournal::durable() const {
  std::lock_guard lock(mutex_);
  return durable_;
}

std::uint64_t MappedJournal::first() const {
  std::lock_guard lock(mutex_);
  return segments_.empty() ? next_ : segments_.front().first;
}

std::uint64_t MappedJournal::last() const {
  std::lock_guard lock(mutex_);
  return next_ - 1;
}

std::uint64_t MappedJournal::syncs() const {
  std::lock_guard lock(mutex_);
  return syncs_;
}

Status MappedJournal::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t target = next_ - 1;
  while (durable_ < target && !failed_ && !stopping_) {
    flush_now_ = true;
    sync_wake_.notify_one();
    synced_.wait(lock);
  }
  if (failed_) return *failed_;
  return {};
}

// A sync begins early enough to end `durable_within` after the oldest append that waits for it.
Instant MappedJournal::sync_time() const {
  const Duration wait = std::chrono::duration_cast<Duration>(options_.durable_within) - sync_takes_;
  return pending_since_ + std::max(wait, Duration::zero());
}

void MappedJournal::sync_thread() {
  std::unique_lock lock(mutex_);
  while (!failed_) {
    sync_wake_.wait(lock, [&] { return stopping_ || pending_ || flush_now_; });
    if (!pending_ && stopping_) return;
    Instant due = std::chrono::steady_clock::now();
    if (pending_ && !flush_now_ && !stopping_) {
      const Instant begin_at = sync_time();
      if (!sync_wake_.wait_until(lock, begin_at, [&] { return stopping_ || flush_now_; }))
        due = std::max(due, begin_at);
    }
    flush_now_ = false;
    if (pending_) sync(lock, due);
  }
}

// What comes late to begin at `due` has to count as a part of the time that a sync takes.
void MappedJournal::sync(std::unique_lock<std::mutex>& lock, Instant due) {
  std::vector<Unsynced> todo = std::move(full_);
  full_.clear();
  todo.push_back({active_, end_});
  const std::uint64_t reached = next_ - 1;
  pending_ = false;
  lock.unlock();
  Status done;
  for (const Unsynced& part : todo) {
    done = part.segment->sync();
    if (!done) break;
    part.segment->set_durable_end(part.end);
    part.segment->release_before(part.end);
  }
  const Duration took = std::chrono::steady_clock::now() - due;
  lock.lock();
  ++syncs_;
  sync_takes_ = std::max(took, sync_takes_ - sync_takes_ / 8);
  if (done)
    durable_ = reached;
  else
    failed_ = std::move(done).error().within("the journal is closed until the program is started again");
  synced_.notify_all();
}

void MappedJournal::allocation_thread() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (spare_)
      spare_wake_.wait(lock, [&] { return stopping_ || !spare_; });
    else if (no_room_)
      spare_wake_.wait_for(lock, options_.retry_every, [&] { return stopping_; });
    if (stopping_ || spare_) continue;
    const std::uint32_t sequence = next_sequence_;
    if (sequence > sequence_max) {
      no_room_ = Error(Code::resource_exhausted, "the journal in " + options_.folder + " has no more names");
      continue;
    }
    lock.unlock();
    auto made = JournalSegment::create(path(sequence), options_.segment_bytes);
    lock.lock();
    if (made) {
      spare_ = *std::move(made);
      next_sequence_ = sequence + 1;
      no_room_.reset();
    } else {
      no_room_ = std::move(made).error();
    }
    spare_ready_.notify_all();
  }
}

void MappedJournal::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  sync_wake_.notify_all();
  spare_wake_.notify_all();
  spare_ready_.notify_all();
  if (syncer_.joinable()) syncer_.join();
  if (allocator_.joinable()) allocator_.join();
  synced_.notify_all();
}

Status MappedJournal::read(std::uint64_t first,
                           const std::function<bool(std::uint64_t, std::string_view)>& visit) const {
  if (options_.read_only) {  // the other process goes on writing
    MappedJournal now({.folder = options_.folder, .read_only = true}, FileDescriptor());
    LOADLINE_ASSIGN(std::vector<std::uint32_t> sequences, list_sequences(options_.folder));
    LOADLINE_ASSIGN(Recovered recovered, Recovery(options_.folder, std::move(sequences)).run());
    LOADLINE_TRY(now.adopt(std::move(recovered)));
    return now.read_segments(first, visit);
  }
  return read_segments(first, visit);
}

Status MappedJournal::read_segments(std::uint64_t first,
                                    const std::function<bool(std::uint64_t, std::string_view)>& visit) const {
  std::unique_lock lock(mutex_);
  const std::vector<Listed> segments = segments_;
  const SegmentPtr active = active_;
  const std::uint64_t active_end = end_, next = next_;
  lock.unlock();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::uint64_t after = i + 1 < segments.size() ? segments[i + 1].first : next;
    if (after <= first) continue;
    const bool is_active = active && i + 1 == segments.size();
    SegmentPtr segment = active;
    if (!is_active) {
      LOADLINE_ASSIGN(segment, JournalSegment::open(path(segments[i].sequence), false));
      if (segment->start() != JournalSegment::Start::valid || segment->first() != segments[i].first)
        return damaged_head(*segment);
    }
    const Walk walk = walk_frames(*segment, is_active ? active_end : segment->size(), first,
                                  [&](std::uint64_t number, std::string_view record) {
                                    return number < after && visit(number, record);
                                  });
    if (walk.stopped && walk.number < after) return {};
    if (walk.number != after || walk.stopped) return damaged(*segment, walk.offset, walk.number);
  }
  return {};
}

Result<std::size_t> MappedJournal::drop_before(std::uint64_t number) {
  if (options_.read_only) return Error(Code::failed_precondition, "the journal is open for reading only");
  std::vector<Listed> dropped;
  {
    std::lock_guard lock(mutex_);
    // Only what is durable as a whole: the order of syncs is what recovery relies on.
    while (segments_.size() > dropped.size() + 1 &&
           segments_[dropped.size() + 1].first <= std::min(number, durable_ + 1))
      dropped.push_back(segments_[dropped.size()]);
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(dropped.size()));
  }
  for (const Listed& segment : dropped)
    if (::unlink(path(segment.sequence).c_str()) != 0 && errno != ENOENT)
      return posix_error("removing", path(segment.sequence), errno);
  if (!dropped.empty()) LOADLINE_TRY(sync_journal_folder(options_.folder));
  return dropped.size();
}

Result<FileDescriptor> lock_folder(const std::string& folder) {
  const std::string path = folder + "/journal.lock";
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.valid()) return posix_error("opening", path, errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return posix_error("locking", path, errno);
    return Error(Code::failed_precondition,
                 "the journal in " + folder + " is being written by another process; stop it first");
  }
  return file;
}

Status check(const JournalOptions& options) {
  if (options.segment_bytes < JournalOptions::segment_bytes_min || options.segment_bytes % 4096 != 0 ||
      options.segment_bytes > JournalOptions::segment_bytes_max)
    return Error(Code::invalid_argument, "a journal segment has 256 KiB to 1 GiB, in whole pages, not " +
                                             std::to_string(options.segment_bytes) + " bytes");
  return {};
}

}  // namespace

Result<std::unique_ptr<FileJournal>> FileJournal::open(const JournalOptions& options) {
  LOADLINE_TRY(check(options));
  FileDescriptor lock;
  if (!options.read_only) {
    std::error_code error;
    std::filesystem::create_directories(options.folder, error);
    if (error) return posix_error("creating folder", options.folder, error.value());
    LOADLINE_ASSIGN(lock, lock_folder(options.folder));
  }
  auto journal = std::make_unique<MappedJournal>(options, std::move(lock));
  LOADLINE_TRY(journal->start());
  return std::unique_ptr<FileJournal>(std::move(journal));
}

}  // namespace loadline
