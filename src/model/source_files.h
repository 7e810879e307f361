#pragma once
// The SourceFiles port: the files that users give us to ingest. Names here are raw bytes as the system has
// them; they need not be UTF-8.
#include <cstdint>
#include <functional>
#include <string>

#include "base/call_context.h"
#include "base/result.h"

namespace loadline {

/// What tells whether a file is still the one that was read.
struct FileStamp {
  bool folder = false;  // else a plain file; nothing else is ever reported
  std::uint64_t bytes = 0;
  std::uint64_t inode = 0;
  std::int64_t modified_nanos = 0;
  bool operator==(const FileStamp&) const = default;
};

/// Thread-safe.
class SourceFiles {
 public:
  virtual ~SourceFiles() = default;
  /// The absolute path with links and dots resolved. not_found, permission_denied, unavailable.
  virtual Result<std::string> resolve(const std::string& path) const = 0;
  /// Follows links. not_found, permission_denied, invalid_argument (a device, a pipe, a socket).
  virtual Result<FileStamp> stamp(const std::string& path) const = 0;
  /// Calls `found` with each plain file below `folder` (path relative to it), in byte order of the paths.
  /// Entries whose name begins with a dot are passed over, folders that are links are not entered. Folders
  /// that cannot be read go to `unreadable`. resource_exhausted after `files_max` files.
  virtual Status walk(const std::string& folder, std::size_t files_max,
                      const std::function<void(std::string relative)>& found,
                      const std::function<void(std::string relative)>& unreadable,
                      const CallContext& context) const = 0;
  /// SHA-256 of the content, lower-case hex. Reads in bounded pieces; cancelled, deadline_exceeded.
  virtual Result<std::string> sha256(const std::string& path, const CallContext& context) const = 0;
};

}  // namespace loadline
