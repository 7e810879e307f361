#pragma once
// Taking every right away from the calling process that reading bytes and writing an answer does not need.
//
// The extractor calls this once, single-threaded, after its libraries are loaded and before it looks at the
// first byte of an untrusted document. From then on it can read and write descriptors that are open already,
// take memory up to a bound, look at the clock, and end itself. The kernel enforces it by several layers that
// do not depend on one another:
//   no capabilities, no_new_privs;  resource limits;  Landlock without any allowed path, where the kernel has
//   it; a seccomp allow-list: a call that is not on it fails with EPERM, and a call that only an intruder
//   makes (execve, fork, socket, ptrace, ...) kills the process with SIGSYS.
// There is no way back.
#include <cstdint>

#include "base/result.h"

namespace loadline {

struct Confinement {
  std::uint64_t memory_bytes = 0;  // RLIMIT_AS; 0: no limit. Builds with sanitizers have no memory limit:
                                   // AddressSanitizer reserves address space by the terabyte
  std::uint64_t cpu_seconds = 0;   // RLIMIT_CPU; 0: no limit
};

/// Which layers hold now. All but Landlock are always there after success.
struct ConfinementReport {
  bool landlock = false;
};

/// failed_precondition if a layer cannot be put on: then nothing untrusted may be read.
Result<ConfinementReport> confine(const Confinement& confinement);

}  // namespace loadline
