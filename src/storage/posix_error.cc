#include "storage/posix_error.h"

#include <cerrno>
#include <string>
#include <system_error>

#include "base/utf8.h"

namespace loadline {

Error posix_error(std::string_view what, std::string_view path, int error_number) {
  std::string shown = to_valid_utf8(path);
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  Code code = Code::unavailable;
  if (error_number == ENOENT || error_number == ENOTDIR) code = Code::not_found;
  if (error_number == EACCES || error_number == EPERM) code = Code::permission_denied;
  return Error(code, std::string(what) + " " + shown + ": " + std::generic_category().message(error_number));
}

}  // namespace loadline
