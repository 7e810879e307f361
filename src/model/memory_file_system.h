#pragma once
// A FileSystem that lives in memory and can be told to fail: for tests of everything that must survive errors
// and crashes. It keeps the port's promise to the letter: a write happens whole or not at all.
//
// Crashes are counted in write points (every write_durable and remove). After `crash_after(n, landing)` the
// next n of them succeed; the one that follows is the crash: it reports `unavailable`, and it has happened or
// not as `landing` says, because a program never learns which. Everything fails from then on, reads too,
// until `restart()`.
//
// Thread-safe. Views stay valid after the file or the file system is gone.
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "model/file_system.h"

namespace loadline {

class MemoryFileSystem final : public FileSystem {
 public:
  enum class Landing { lost, done };

  Result<std::unique_ptr<FileView>> open(const std::string& path) override;
  Status write_durable(const std::string& path, std::span<const std::byte> content) override;
  Status remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  Status create_folder(const std::string& folder) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;

  /// The next write point after `skip` others fails once, without effect.
  void fail_next(std::size_t skip = 0);
  void crash_after(std::size_t writes, Landing landing);
  /// What a new process would find. Ends a crash and forgets failures that were asked for.
  void restart();
  bool crashed() const;
  /// Write points that succeeded since construction.
  std::size_t writes() const;
  /// Inverts bits of one stored byte. False if there is no such byte.
  bool flip(const std::string& path, std::size_t offset, std::byte bits);
  /// Cuts a stored file. False if it is not that long.
  bool truncate(const std::string& path, std::size_t size);

 private:
  using Content = std::shared_ptr<const std::vector<std::byte>>;
  enum class Fate { goes_on, fails, crashes };

  Fate next_fate();

  mutable std::mutex mutex_;
  // all guarded by mutex_
  std::map<std::string, Content> files_;
  std::set<std::string> folders_;
  std::set<std::string> locked_;
  std::optional<std::size_t> fail_in_;
  std::optional<std::size_t> crash_in_;
  Landing landing_ = Landing::lost;
  bool crashed_ = false;
  std::size_t writes_ = 0;
  std::condition_variable unlocked_;

  class Lock;
};

}  // namespace loadline
