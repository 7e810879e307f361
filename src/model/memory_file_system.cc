#include "model/memory_file_system.h"

#include <utility>

namespace loadline {
namespace {

class MemoryView final : public FileView {
 public:
  explicit MemoryView(std::shared_ptr<const std::vector<std::byte>> content) : content_(std::move(content)) {}
  std::span<const std::byte> bytes() const override { return *content_; }

 private:
  const std::shared_ptr<const std::vector<std::byte>> content_;
};

Error gone() { return {Code::unavailable, "the file system has crashed"}; }

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

}  // namespace

class MemoryFileSystem::Lock final : public FileLock {
 public:
  Lock(MemoryFileSystem& owner, std::string path) : owner_(owner), path_(std::move(path)) {}
  ~Lock() override {
    {
      std::lock_guard lock(owner_.mutex_);
      owner_.locked_.erase(path_);
    }
    owner_.unlocked_.notify_all();
  }

 private:
  MemoryFileSystem& owner_;
  const std::string path_;
};

Result<std::unique_ptr<FileView>> MemoryFileSystem::open(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (crashed_) return gone();
  const auto found = files_.find(path);
  if (found == files_.end()) return Error(Code::not_found, "no file " + path);
  return std::unique_ptr<FileView>(std::make_unique<MemoryView>(found->second));
}

MemoryFileSystem::Fate MemoryFileSystem::next_fate() {
  if (crash_in_ && (*crash_in_)-- == 0) {
    crash_in_.reset();
    crashed_ = true;
    return Fate::crashes;
  }
  if (fail_in_ && (*fail_in_)-- == 0) {
    fail_in_.reset();
    return Fate::fails;
  }
  return Fate::goes_on;
}

Status MemoryFileSystem::write_durable(const std::string& path, std::span<const std::byte> content) {
  std::lock_guard lock(mutex_);
  if (crashed_) return gone();
  if (!folders_.contains(folder_of(path))) return Error(Code::not_found, "no folder for " + path);
  const Fate fate = next_fate();
  if (fate == Fate::goes_on || (fate == Fate::crashes && landing_ == Landing::done)) {
    files_[path] = std::make_shared<const std::vector<std::byte>>(content.begin(), content.end());
  }
  if (fate == Fate::crashes) return gone();
  if (fate == Fate::fails) return Error(Code::unavailable, "cannot write " + path + ": told to fail");
  ++writes_;
  return {};
}

Status MemoryFileSystem::remove(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (crashed_) return gone();
  const Fate fate = next_fate();
  if (fate == Fate::goes_on || (fate == Fate::crashes && landing_ == Landing::done)) files_.erase(path);
  if (fate == Fate::crashes) return gone();
  if (fate == Fate::fails) return Error(Code::unavailable, "cannot remove " + path + ": told to fail");
  ++writes_;
  return {};
}

Result<std::vector<std::string>> MemoryFileSystem::list(const std::string& folder) {
  std::lock_guard lock(mutex_);
  if (crashed_) return gone();
  std::vector<std::string> names;
  const std::string prefix = folder + "/";
  for (auto at = files_.lower_bound(prefix); at != files_.end() && at->first.starts_with(prefix); ++at) {
    const std::string name = at->first.substr(prefix.size());
    if (name.find('/') == std::string::npos) names.push_back(name);
  }
  return names;
}

Status MemoryFileSystem::create_folder(const std::string& folder) {
  std::lock_guard lock(mutex_);
  if (crashed_) return gone();
  for (std::string name = folder; !name.empty(); name = folder_of(name)) folders_.insert(name);
  return {};
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const std::string& path) {
  std::unique_lock lock(mutex_);
  unlocked_.wait(lock, [&] { return crashed_ || !locked_.contains(path); });
  if (crashed_) return gone();
  locked_.insert(path);
  return std::unique_ptr<FileLock>(std::make_unique<Lock>(*this, path));
}

void MemoryFileSystem::fail_next(std::size_t skip) {
  std::lock_guard lock(mutex_);
  fail_in_ = skip;
}

void MemoryFileSystem::crash_after(std::size_t writes, Landing landing) {
  std::lock_guard lock(mutex_);
  crash_in_ = writes;
  landing_ = landing;
}

void MemoryFileSystem::restart() {
  std::lock_guard lock(mutex_);
  crashed_ = false;
  fail_in_.reset();
  crash_in_.reset();
}

bool MemoryFileSystem::crashed() const {
  std::lock_guard lock(mutex_);
  return crashed_;
}

std::size_t MemoryFileSystem::writes() const {
  std::lock_guard lock(mutex_);
  return writes_;
}

bool MemoryFileSystem::flip(const std::string& path, std::size_t offset, std::byte bits) {
  std::lock_guard lock(mutex_);
  const auto found = files_.find(path);
  if (found == files_.end() || offset >= found->second->size()) return false;
  std::vector<std::byte> changed = *found->second;
  changed[offset] ^= bits;
  found->second = std::make_shared<const std::vector<std::byte>>(std::move(changed));
  return true;
}

bool MemoryFileSystem::truncate(const std::string& path, std::size_t size) {
  std::lock_guard lock(mutex_);
  const auto found = files_.find(path);
  if (found == files_.end() || size > found->second->size()) return false;
  std::vector<std::byte> kept = *found->second;
  kept.resize(size);
  found->second = std::make_shared<const std::vector<std::byte>>(std::move(kept));
  return true;
}

}  // namespace loadline
