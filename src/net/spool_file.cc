#include "net/spool_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace loadline {
namespace {

Error file_error(const std::string& what) {
  const int number = errno;
  return Error(number == ENOSPC || number == EDQUOT ? Code::resource_exhausted : Code::unavailable,
               what + ": " + std::strerror(number));
}

// A new name is on disk once its folder is.
Status sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return file_error("the upload cannot be stored");
  const int result = ::fsync(descriptor);
  ::close(descriptor);
  if (result != 0) return file_error("the upload cannot be stored");
  return {};
}

}  // namespace

Result<SpoolFile> SpoolFile::create(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return file_error("the upload cannot be stored");
  return SpoolFile(path, descriptor);
}

SpoolFile::SpoolFile(SpoolFile&& other) noexcept
    : path_(std::exchange(other.path_, "")),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(std::exchange(other.size_, 0)) {}

SpoolFile& SpoolFile::operator=(SpoolFile&& other) noexcept {
  if (this != &other) {
    discard();
    path_ = std::exchange(other.path_, "");
    descriptor_ = std::exchange(other.descriptor_, -1);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

SpoolFile::~SpoolFile() { discard(); }

void SpoolFile::discard() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  if (!path_.empty()) ::unlink(path_.c_str());
  path_.clear();
}

Status SpoolFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return file_error("the upload cannot be stored");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    size_ += static_cast<std::uint64_t>(written);
  }
  return {};
}

Status SpoolFile::keep_as(const std::string& path) {
  if (::fsync(descriptor_) != 0) return file_error("the upload cannot be stored");
  const int descriptor = std::exchange(descriptor_, -1);
  if (::close(descriptor) != 0) return file_error("the upload cannot be stored");
  if (::rename(path_.c_str(), path.c_str()) != 0) return file_error("the upload cannot be stored");
  path_.clear();  // whatever follows, it is there under its name
  return sync_folder_of(path);
}

}  // namespace loadline
