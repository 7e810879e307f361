#include "storage/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "storage/file_descriptor.h"
#include "storage/posix_error.h"

namespace loadline {
namespace {

constexpr std::string_view temporary_suffix = ".tmp";

class MappedFile final : public FileView {
 public:
  MappedFile(void* data, std::size_t size) : data_(data), size_(size) {}
  ~MappedFile() override {
    if (data_ != nullptr) ::munmap(data_, size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::span<const std::byte> bytes() const override { return {static_cast<const std::byte*>(data_), size_}; }

 private:
  void* data_;
  std::size_t size_;
};

class HeldFile final : public FileLock {
 public:
  explicit HeldFile(FileDescriptor file) : file_(std::move(file)) {}

 private:
  FileDescriptor file_;
};

std::string parent_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

Status sync_folder(const std::string& folder) {
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return posix_error("opening folder", folder, errno);
  if (::fsync(fd.get()) != 0) return posix_error("syncing folder", folder, errno);
  return {};
}

Status write_all(int fd, const std::string& path, std::span<const std::byte> content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return posix_error("writing", path, errno);
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

// `path` ends in XXXXXX and the suffix, and becomes a name of its own.
Status write_synced(std::string& path, std::span<const std::byte> content) {
  const FileDescriptor fd(::mkostemps(path.data(), static_cast<int>(temporary_suffix.size()), O_CLOEXEC));
  if (!fd.valid()) return posix_error("creating", path, errno);
  LOADLINE_TRY(write_all(fd.get(), path, content));
  if (::fsync(fd.get()) != 0) return posix_error("syncing", path, errno);
  return {};
}

}  // namespace

Result<std::unique_ptr<FileView>> PosixFileSystem::open(const std::string& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return posix_error("opening", path, errno);
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0) return posix_error("reading the size of", path, errno);
  if (!S_ISREG(facts.st_mode)) return Error(Code::unavailable, "opening " + path + ": not a plain file");
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size == 0) return std::unique_ptr<FileView>(std::make_unique<MappedFile>(nullptr, 0));
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (data == MAP_FAILED) return posix_error("mapping", path, errno);
  return std::unique_ptr<FileView>(std::make_unique<MappedFile>(data, size));
}

Status PosixFileSystem::write_durable(const std::string& path, std::span<const std::byte> content) {
  std::string temporary = path + ".XXXXXX" + std::string(temporary_suffix);
  Status written = write_synced(temporary, content);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = posix_error("renaming to", path, errno);
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  return sync_folder(parent_of(path));
}

Status PosixFileSystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return posix_error("removing", path, errno);
  }
  return sync_folder(parent_of(path));
}

Result<std::vector<std::string>> PosixFileSystem::list(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator at(folder, error);
  if (error == std::errc::no_such_file_or_directory) return names;
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    const std::string name = at->path().filename().string();
    if (at->is_regular_file(ignored) && !name.ends_with(temporary_suffix)) names.push_back(name);
  }
  if (error) return posix_error("listing", folder, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

Status PosixFileSystem::create_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return posix_error("creating folder", folder, error.value());
  return sync_folder(parent_of(folder));
}

Result<std::unique_ptr<FileLock>> PosixFileSystem::lock(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.valid()) return posix_error("opening", path, errno);
  while (::flock(file.get(), LOCK_EX) != 0)
    if (errno != EINTR) return posix_error("locking", path, errno);
  return std::unique_ptr<FileLock>(std::make_unique<HeldFile>(std::move(file)));
}

}  // namespace loadline
