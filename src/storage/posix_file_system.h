#pragma once
// The FileSystem port on a POSIX system: memory-mapped reading, durable replacement by rename.
#include "model/file_system.h"

namespace loadline {

/// Thread-safe. Temporary files end in ".tmp" and are left over only by a crash; `list` does not show them.
class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<FileView>> open(const std::string& path) override;
  Status write_durable(const std::string& path, std::span<const std::byte> content) override;
  Status remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  Status create_folder(const std::string& folder) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
};

}  // namespace loadline
