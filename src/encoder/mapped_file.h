#pragma once
// A file of a model folder, mapped read-only: pages are shared with the page cache and only those touched are
// resident. A file that is cut short in place while it is mapped ends the program (SIGBUS); replace model
// files by renaming a new one over the old one, which is safe.
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/file_system.h"

namespace loadline {

class MappedFile final : public FileView {
 public:
  /// not_found; unavailable with the system's reason; an empty file is fine.
  static Result<std::unique_ptr<MappedFile>> open(const std::string& path);
  ~MappedFile() override;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// Pages that were read so far are resident no longer; they come back from the file when touched.
  void release_pages() const;
  std::span<const std::byte> bytes() const override { return bytes_; }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace loadline
