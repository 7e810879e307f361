#include "storage/data_lock.h"

#include <fcntl.h>
#include <sys/types.h>

#include <cerrno>
#include <chrono>
#include <cstdio>

#include "storage/file_descriptor.h"
#include "storage/posix_error.h"

namespace loadline {
namespace {

constexpr std::chrono::milliseconds recheck{50};  // how soon a waiting job notices that it was cancelled

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

std::string holder_of(int fd) {
  char text[32] = {};
  const ssize_t got = ::pread(fd, text, sizeof(text) - 1, 0);
  std::string digits;
  for (ssize_t i = 0; i < got && text[i] >= '0' && text[i] <= '9'; ++i) digits += text[i];
  return digits;
}

Error taken_by_other(const std::string& folder, int fd) {
  const std::string pid = holder_of(fd);
  return Error(Code::failed_precondition,
               "the data folder " + folder + " is being written by another process" +
                   (pid.empty() ? "" : " (pid " + pid + ")") + "; wait until it is finished, or stop it");
}

}  // namespace

class DataLock::Held final : public WriterLock {
 public:
  Held(DataLock& owner, FileDescriptor file) : owner_(owner), file_(std::move(file)) {}
  ~Held() override {
    (void)::ftruncate(file_.get(), 0);
    file_.reset();
    owner_.end_turn();
  }

 private:
  DataLock& owner_;
  FileDescriptor file_;
};

Status DataLock::wait_for_turn(const CallContext& context) {
  std::unique_lock lock(mutex_);
  while (taken_) {
    LOADLINE_TRY(context.check());
    freed_.wait_for(lock, recheck);
  }
  taken_ = true;
  return {};
}

void DataLock::end_turn() {
  {
    std::lock_guard lock(mutex_);
    taken_ = false;
  }
  freed_.notify_one();
}

bool DataLock::held() const {
  std::lock_guard lock(mutex_);
  return taken_;
}

Result<std::unique_ptr<WriterLock>> DataLock::acquire(const CallContext& context) {
  LOADLINE_TRY(wait_for_turn(context));
  const std::string path = folder_ + "/writer.lock";
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.valid()) {
    const int reason = errno;
    end_turn();
    return posix_error("opening", path, reason);
  }
  struct flock wanted = whole_file(F_WRLCK);
  if (::fcntl(file.get(), F_OFD_SETLK, &wanted) != 0) {
    const int reason = errno;
    Error error = reason == EAGAIN || reason == EACCES ? taken_by_other(folder_, file.get())
                                                       : posix_error("locking", path, reason);
    end_turn();
    return error;
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  (void)(::ftruncate(file.get(), 0) == 0 && ::pwrite(file.get(), pid.data(), pid.size(), 0) > 0);
  return std::unique_ptr<WriterLock>(std::make_unique<Held>(*this, std::move(file)));
}

std::string DataLock::holder() const {
  const FileDescriptor file(::open((folder_ + "/writer.lock").c_str(), O_RDWR | O_CLOEXEC));
  struct flock found = whole_file(F_WRLCK);
  if (!file.valid() || ::fcntl(file.get(), F_OFD_GETLK, &found) != 0 || found.l_type == F_UNLCK) return "";
  const std::string pid = holder_of(file.get());
  return pid.empty() ? "another process" : "pid " + pid;
}

}  // namespace loadline
