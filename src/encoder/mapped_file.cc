#include "encoder/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace loadline {
namespace {

Error system_failure(const std::string& path, int reason) {
  if (reason == ENOENT || reason == ENOTDIR) return Error(Code::not_found, path + ": no such file");
  return Error(Code::unavailable, path + ": " + std::generic_category().message(reason));
}

}  // namespace

Result<std::unique_ptr<MappedFile>> MappedFile::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return system_failure(path, errno);
  struct stat status {};
  int reason = ::fstat(file, &status) == 0 ? 0 : errno;
  if (reason == 0 && !S_ISREG(status.st_mode)) reason = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
  const auto size = static_cast<std::size_t>(status.st_size);
  void* start = nullptr;
  if (reason == 0 && size > 0) {
    start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (start == MAP_FAILED) reason = errno;
  }
  ::close(file);
  if (reason != 0) return system_failure(path, reason);
  return std::unique_ptr<MappedFile>(new MappedFile({static_cast<const std::byte*>(start), size}));
}

void MappedFile::release_pages() const {
  // Advice that is not taken costs memory and nothing else.
  if (!bytes_.empty()) ::madvise(const_cast<std::byte*>(bytes_.data()), bytes_.size(), MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace loadline
