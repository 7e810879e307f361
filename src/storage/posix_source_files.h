#pragma once
// The SourceFiles port on a POSIX system.
#include "model/source_files.h"

namespace loadline {

class PosixSourceFiles final : public SourceFiles {
 public:
  Result<std::string> resolve(const std::string& path) const override;
  Result<FileStamp> stamp(const std::string& path) const override;
  Status walk(const std::string& folder, std::size_t files_max,
              const std::function<void(std::string relative)>& found,
              const std::function<void(std::string relative)>& unreadable,
              const CallContext& context) const override;
  Result<std::string> sha256(const std::string& path, const CallContext& context) const override;
};

}  // namespace loadline
