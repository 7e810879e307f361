#include "storage/posix_source_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <vector>

#include "storage/file_descriptor.h"
#include "storage/posix_error.h"
#include "storage/sha256.h"

namespace loadline {
namespace {

constexpr std::size_t read_bytes = 1U << 20;
constexpr std::size_t folder_depth_max = 128;

struct FolderEntries {
  std::vector<std::string> files;
  std::vector<std::string> folders;
};

// False: the folder cannot be read.
bool read_folder(const std::string& path, FolderEntries& entries) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(path.c_str()), &::closedir);
  if (!stream) return false;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name.empty() || name.front() == '.') continue;
    struct stat facts {};
    if (::fstatat(::dirfd(stream.get()), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISDIR(facts.st_mode)) {
      entries.folders.push_back(name);
      continue;
    }
    if (S_ISLNK(facts.st_mode) && ::fstatat(::dirfd(stream.get()), entry->d_name, &facts, 0) != 0) continue;
    if (S_ISREG(facts.st_mode)) entries.files.push_back(name);
  }
  return true;
}

class Walk {
 public:
  Walk(std::size_t files_max, const std::function<void(std::string)>& unreadable, const CallContext& context)
      : files_max_(files_max), unreadable_(unreadable), context_(context) {}

  Status enter(const std::string& folder, const std::string& relative, std::size_t depth) {
    LOADLINE_TRY(context_.check());
    FolderEntries entries;
    if (depth > folder_depth_max || !read_folder(folder, entries)) {
      unreadable_(relative.empty() ? "." : relative);
      return {};
    }
    const std::string front = relative.empty() ? "" : relative + "/";
    for (const std::string& name : entries.files) files.push_back(front + name);
    if (files.size() > files_max_)
      return Error(Code::resource_exhausted, "more than " + std::to_string(files_max_) +
                                                 " files (limit files_max); ingest fewer folders at once");
    for (const std::string& name : entries.folders)
      LOADLINE_TRY(enter(folder + "/" + name, front + name, depth + 1));
    return {};
  }

  std::vector<std::string> files;

 private:
  const std::size_t files_max_;
  const std::function<void(std::string)>& unreadable_;
  const CallContext& context_;
};

}  // namespace

Result<std::string> PosixSourceFiles::resolve(const std::string& path) const {
  const std::unique_ptr<char, void (*)(void*)> resolved(::realpath(path.c_str(), nullptr), &std::free);
  if (!resolved) return posix_error("finding", path, errno);
  return std::string(resolved.get());
}

Result<FileStamp> PosixSourceFiles::stamp(const std::string& path) const {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return posix_error("finding", path, errno);
  if (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode))
    return Error(Code::invalid_argument, "this is a device, a pipe or a socket, not a file");
  FileStamp stamp;
  stamp.folder = S_ISDIR(facts.st_mode);
  stamp.bytes = static_cast<std::uint64_t>(facts.st_size);
  stamp.inode = facts.st_ino;
  stamp.modified_nanos =
      static_cast<std::int64_t>(facts.st_mtim.tv_sec) * 1'000'000'000 + facts.st_mtim.tv_nsec;
  return stamp;
}

Status PosixSourceFiles::walk(const std::string& folder, std::size_t files_max,
                              const std::function<void(std::string relative)>& found,
                              const std::function<void(std::string relative)>& unreadable,
                              const CallContext& context) const {
  Walk walk(files_max, unreadable, context);
  LOADLINE_TRY(walk.enter(folder, "", 0));
  std::sort(walk.files.begin(), walk.files.end());
  for (std::string& file : walk.files) found(std::move(file));
  return {};
}

Result<std::string> PosixSourceFiles::sha256(const std::string& path, const CallContext& context) const {
  // O_NONBLOCK: a pipe that took the file's place since it was looked at must not hang the job.
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return posix_error("opening", path, errno);
  Sha256 hash;
  std::vector<char> buffer(read_bytes);
  for (;;) {
    LOADLINE_TRY(context.check());
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return posix_error("reading", path, errno);
    if (got == 0) return hash.hex();
    hash.add(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace loadline
