#pragma once
// The journal on files: append-only segments, allocated ahead, written through a shared mapping.
//
// FOLDER/journal-<first record number>.log, each `segment_bytes` long while it is written and cut to its
// content when it is full. An append copies the record into the mapping under a short lock, so it is the
// system's the moment it is done and survives the death of this process; one thread syncs what came at most
// `durable_within` later (as far as the disk's own time for a sync allows; it is subtracted from the wait).
// An idle journal wakes nobody.
//
// A record is an 8-byte head (size, CRC-32C over number, size and bytes) and the bytes, on 8 bytes. Each
// segment's head says how far it was known to be durable: damage before that point is data_loss and is told;
// behind it stands what a loss of power may take, and the first record that is not whole ends the journal.
//
// Disk full: the next segment is allocated while the current one is filled, so an append never finds out by
// writing. When that fails, appends go on until the current segment is full and are then refused; it is tried
// again every `retry_every`, and appends work again when there is room. A sync that fails is final: pages may
// be lost, so every later append is refused until the journal is opened again.
//
// Needs a file system on which allocated blocks can be written without allocating more (ext4, xfs, tmpfs; not
// btrfs or zfs, whose copies on write may meet a full disk). Thread-safe.
#include <chrono>
#include <memory>
#include <string>

#include "model/journal.h"

namespace loadline {

struct JournalOptions {
  std::string folder;                         // made if it is not there
  std::uint64_t segment_bytes = 64ULL << 20;  // a multiple of 4096, at least segment_bytes_min
  std::chrono::milliseconds durable_within{5};
  std::chrono::milliseconds retry_every{500};
  bool read_only = false;  // beside a process that writes: appends are refused, nothing is changed

  static constexpr std::uint64_t segment_bytes_min = 4ULL * Journal::record_bytes_max;
  static constexpr std::uint64_t segment_bytes_max = 1ULL << 30;
};

class FileJournal : public Journal {
 public:
  /// Checks the last segment and ends it after its last whole record. failed_precondition: another process
  /// writes it; data_loss: a damaged durable record or a missing segment, with file and place; unavailable.
  static Result<std::unique_ptr<FileJournal>> open(const JournalOptions& options);

  /// What opening cut off: bytes of records that were not whole (a loss of power, or a process killed while
  /// it wrote). Nothing that `durable()` had reached.
  virtual std::uint64_t torn_bytes() const = 0;
  /// Removes the segments all of whose records are before `number`; the newest one stays. Gives how many.
  virtual Result<std::size_t> drop_before(std::uint64_t number) = 0;
  /// Syncs so far, for the curve of records per sync.
  virtual std::uint64_t syncs() const = 0;
};

}  // namespace loadline
