#pragma once
// The FileSystem port: just what durable stores need. Whole files are written at once and appear under their
// name only when they are complete and on disk.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace loadline {

/// Read-only bytes of a file, valid as long as the object lives, also when the file is removed meanwhile.
class FileView {
 public:
  virtual ~FileView() = default;
  virtual std::span<const std::byte> bytes() const = 0;
};

/// Held as long as the object lives.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

/// Thread-safe. Paths are relative to nothing: give absolute ones or ones relative to the working folder.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// Memory-mapped where the implementation can. not_found, unavailable.
  virtual Result<std::unique_ptr<FileView>> open(const std::string& path) = 0;
  /// Writes a temporary file beside it, fsyncs, renames over `path`, fsyncs the folder. After success the
  /// content is durable; after failure or a crash `path` is as it was.
  virtual Status write_durable(const std::string& path, std::span<const std::byte> content) = 0;
  /// ok also if it is not there.
  virtual Status remove(const std::string& path) = 0;
  /// Names (not paths) of the plain files in a folder, sorted. Empty if the folder is not there.
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
  /// With parents; ok if it is there.
  virtual Status create_folder(const std::string& folder) = 0;
  /// Waits for the lock that belongs to `path` (a file of no content, made if absent) and holds it against
  /// all other holders, in this process and in others; the system releases it when a process dies. A file
  /// system that only one process can see and only one thread writes needs none: this default locks nothing.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) {
    static_cast<void>(path);
    return std::make_unique<FileLock>();
  }
};

}  // namespace loadline
