#include "extract/confine.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>

namespace loadline {
namespace {

Error cannot(const char* what) {
  return Error(Code::failed_precondition, std::string("The extractor cannot confine itself (") + what + ": " +
                                              std::strerror(errno) +
                                              "). It needs a kernel with seccomp filters.");
}

Status limit(__rlimit_resource resource, std::uint64_t value, const char* name) {
  rlimit now{};
  if (getrlimit(resource, &now) != 0) return cannot(name);
  // Without CAP_SYS_RESOURCE a hard limit can only go down.
  if (now.rlim_max != RLIM_INFINITY && value > now.rlim_max) value = now.rlim_max;
  rlimit wanted{value, value};
  // At the hard limit of CPU time the kernel sends SIGKILL: one second later, so that SIGXCPU comes first.
  if (resource == RLIMIT_CPU && (now.rlim_max == RLIM_INFINITY || value < now.rlim_max)) ++wanted.rlim_max;
  if (setrlimit(resource, &wanted) != 0) return cannot(name);
  return {};
}

Status limit_resources(const Confinement& confinement) {
  LOADLINE_TRY(limit(RLIMIT_CORE, 0, "RLIMIT_CORE"));
  LOADLINE_TRY(limit(RLIMIT_FSIZE, 0, "RLIMIT_FSIZE"));
  LOADLINE_TRY(limit(RLIMIT_NPROC, 0, "RLIMIT_NPROC"));
  constexpr std::uint64_t descriptors_max = 16;
  LOADLINE_TRY(limit(RLIMIT_NOFILE, descriptors_max, "RLIMIT_NOFILE"));
  LOADLINE_TRY(limit(RLIMIT_MEMLOCK, 0, "RLIMIT_MEMLOCK"));
  // Going over it sends SIGXCPU, which ends the process and tells the parent why.
  if (confinement.cpu_seconds > 0) LOADLINE_TRY(limit(RLIMIT_CPU, confinement.cpu_seconds, "RLIMIT_CPU"));
#if !defined(LOADLINE_SANITIZED)
  if (confinement.memory_bytes > 0) LOADLINE_TRY(limit(RLIMIT_AS, confinement.memory_bytes, "RLIMIT_AS"));
#endif
  return {};
}

Status drop_privileges() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capset, &header, none) != 0) return cannot("capset");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return cannot("no_new_privs");
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return cannot("dumpable");
  return {};
}

// Handles every right of the first version of Landlock and allows none of them anywhere. True if it holds.
Result<bool> forbid_paths() {
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  const long ruleset = syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (ruleset < 0) return false;  // an older kernel, or switched off
  const long held = syscall(SYS_landlock_restrict_self, ruleset, 0);
  close(static_cast<int>(ruleset));
  if (held != 0) return cannot("Landlock");
  return true;
}

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release) {}

  void allow(std::initializer_list<int> calls) {
    for (const int call : calls) add(SCMP_ACT_ALLOW, call, {});
  }
  void allow_if(int call, std::initializer_list<scmp_arg_cmp> arguments) {
    add(SCMP_ACT_ALLOW, call, arguments);
  }
  void kill(std::initializer_list<int> calls) {
    for (const int call : calls) add(SCMP_ACT_KILL_PROCESS, call, {});
  }
  Status load() {
    if (!context_ || failed_) return cannot("seccomp rules");
    if (seccomp_load(context_.get()) != 0) return cannot("seccomp");
    return {};
  }

 private:
  void add(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> arguments) {
    if (!context_) return;
    const int result = seccomp_rule_add_array(context_.get(), action, call,
                                              static_cast<unsigned>(arguments.size()), arguments.begin());
    failed_ = failed_ || result != 0;
  }
  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  bool failed_ = false;
};

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp without_bits(unsigned argument, std::uint64_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, bits, 0};
}

Status forbid_calls() {
  Filter filter;
  filter.allow({SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(write),
                SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(poll), SCMP_SYS(ppoll)});
  filter.allow({SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk)});
  filter.allow({SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
                SCMP_SYS(time), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(sched_yield),
                SCMP_SYS(sched_getaffinity), SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid),
                SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(getcpu)});
  filter.allow({SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
                SCMP_SYS(sigaltstack), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(restart_syscall)});
  // New code cannot come in: no memory is ever both filled by the process and executable.
  filter.allow_if(SCMP_SYS(mmap), {without_bits(2, PROT_EXEC)});
  filter.allow_if(SCMP_SYS(mprotect), {without_bits(2, PROT_EXEC)});
  // The C library's fstat(). That it could also ask for the size of a named file tells an intruder little.
  filter.allow_if(SCMP_SYS(newfstatat), {equals(3, AT_EMPTY_PATH)});
  // abort() sends itself a signal.
  filter.allow_if(SCMP_SYS(tgkill), {equals(0, static_cast<std::uint64_t>(getpid()))});
  filter.allow_if(SCMP_SYS(fcntl), {equals(1, F_GETFL)});
  filter.allow_if(SCMP_SYS(fcntl), {equals(1, F_GETFD)});
#if defined(LOADLINE_SANITIZED)
  // UndefinedBehaviorSanitizer probes memory through a pipe.
  filter.allow({SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(prctl)});
#endif
  filter.kill({SCMP_SYS(execve),
               SCMP_SYS(execveat),
               SCMP_SYS(fork),
               SCMP_SYS(vfork),
               SCMP_SYS(clone),
               SCMP_SYS(clone3),
               SCMP_SYS(socket),
               SCMP_SYS(socketpair),
               SCMP_SYS(connect),
               SCMP_SYS(bind),
               SCMP_SYS(ptrace),
               SCMP_SYS(process_vm_writev),
               SCMP_SYS(bpf),
               SCMP_SYS(userfaultfd),
               SCMP_SYS(io_uring_setup),
               SCMP_SYS(mount),
               SCMP_SYS(unshare),
               SCMP_SYS(setns),
               SCMP_SYS(perf_event_open),
               SCMP_SYS(kexec_load),
               SCMP_SYS(init_module)});
  return filter.load();
}

}  // namespace

Result<ConfinementReport> confine(const Confinement& confinement) {
  LOADLINE_TRY(limit_resources(confinement));
  LOADLINE_TRY(drop_privileges());
  ConfinementReport report;
  LOADLINE_ASSIGN(report.landlock, forbid_paths());
  LOADLINE_TRY(forbid_calls());
  return report;
}

}  // namespace loadline
