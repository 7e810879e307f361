#include "apps/loadline/process_secrecy.h"

#include <cxxabi.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <typeinfo>

namespace loadline {
namespace {

// The library's own handler prints what(), which may quote what was being read.
[[noreturn]] void end_without_words() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  std::fprintf(stderr, "loadline: internal error: uncaught exception of type %s\n",
               type == nullptr ? "(none)" : type->name());
  std::abort();
}

}  // namespace

void keep_memory_private() {
  // Not dumpable is what the kernel asks first; the limit is for those that dump themselves (libSegFault).
  // Neither call can fail with these arguments.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  std::set_terminate(end_without_words);
}

}  // namespace loadline
