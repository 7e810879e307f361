#pragma once
// errno as an Error: "what path: reason".
#include <string_view>

#include "base/error.h"

namespace loadline {

/// ENOENT is not_found, EACCES and EPERM permission_denied, all else (disk full, too many files, i/o)
/// unavailable. The path is shown with its control and invalid bytes replaced.
Error posix_error(std::string_view what, std::string_view path, int error_number);

}  // namespace loadline
