#pragma once
// One file of the journal: its head, its frames, and how both are read after anything may have happened.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/journal.h"
#include "storage/file_descriptor.h"

namespace loadline {

/// A mapped file. Readable until `size()`; writable if it was opened so. Thread-safe to read; writing is the
/// journal's lock's.
class JournalSegment {
 public:
  static constexpr std::uint64_t head_bytes = 64;

  enum class Start { blank, valid, damaged };

  /// A new file of zeros, allocated and durable with its name. resource_exhausted: no room; unavailable.
  static Result<std::shared_ptr<JournalSegment>> create(const std::string& path, std::uint64_t bytes);
  /// An existing one. `writable`: for `begin` and `write_frame`.
  static Result<std::shared_ptr<JournalSegment>> open(const std::string& path, bool writable);
  ~JournalSegment();
  JournalSegment(const JournalSegment&) = delete;
  JournalSegment& operator=(const JournalSegment&) = delete;

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  Start start() const;
  /// Number of the first record, when start() is valid.
  std::uint64_t first() const;
  /// Up to where it was once known to be durable; head_bytes when it says nothing, nothing when the mark
  /// itself is damaged.
  std::optional<std::uint64_t> durable_end() const;

  /// Behind the last byte that is not zero, at least `from`.
  std::uint64_t content_end(std::uint64_t from) const;

  /// Writes the head: the next frame is record `first`.
  void begin(std::uint64_t first);
  void set_durable_end(std::uint64_t end);
  Status sync() const;
  /// Gives back the memory of what stands before `end`, which is durable: a journal is written once and read
  /// rarely, so its pages would only fill up the process. They are read again from the file when wanted. One
  /// thread at a time; does nothing for less than `released_least` more than the last time.
  void release_before(std::uint64_t end);
  static constexpr std::uint64_t released_least = 1U << 20;
  /// Cuts off what is behind `end` and allocates up to `bytes` again; the mapping is made anew, so nobody
  /// else may use it yet. Without room it stays cut.
  Status cut(std::uint64_t end, std::uint64_t bytes);

  static std::uint64_t frame_bytes(std::size_t record_bytes) {
    return (8 + std::uint64_t{record_bytes} + 7) & ~std::uint64_t{7};
  }
  /// `crc` is that of the record's bytes alone. The size is written last, so that a reader in another process
  /// and a recovery after a kill see all of the frame or none of it.
  void write_frame(std::uint64_t offset, std::uint64_t number, std::string_view record, std::uint32_t crc);

  enum class Frame { whole, none, damaged };
  /// The frame at `offset`, which would be record `number`. `limit`: the end of what may be read.
  Frame read_frame(std::uint64_t offset, std::uint64_t limit, std::uint64_t number,
                   std::string_view& record) const;

 private:
  JournalSegment(std::string path, FileDescriptor file) : path_(std::move(path)), file_(std::move(file)) {}
  Status map(bool writable);

  const std::string path_;
  FileDescriptor file_;
  char* data_ = nullptr;
  std::uint64_t released_ = 0;
  std::uint64_t size_ = 0;
};

Status sync_journal_folder(const std::string& folder);

}  // namespace loadline
