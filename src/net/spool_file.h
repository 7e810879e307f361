#pragma once
// A file that is filled piece by piece and disappears unless it is kept. One thread.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

class SpoolFile {
 public:
  /// Makes it, readable by this user only. unavailable: the folder cannot be written.
  static Result<SpoolFile> create(const std::string& path);
  SpoolFile(SpoolFile&& other) noexcept;
  SpoolFile& operator=(SpoolFile&& other) noexcept;
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;
  ~SpoolFile();

  Status write(std::string_view bytes);
  /// Everything is on disk, under this name (of the same folder), and stays. Ends the writing.
  Status keep_as(const std::string& path);
  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }

 private:
  SpoolFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  void discard();

  std::string path_;  // "": nothing to remove
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace loadline
