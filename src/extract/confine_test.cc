#include "extract/confine.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "extract/extractor_process.h"

namespace loadline {
namespace {

struct Attempt {
  std::string said;
  int status = 0;  // as waitpid gives it
  bool killed_by(int number) const { return WIFSIGNALED(status) && WTERMSIG(status) == number; }
};

// A process is confined for good, so every attempt has its own.
Attempt attempt(const std::string& action) {
  const std::string beside = extractor_beside_program();
  const std::string probe = beside.substr(0, beside.rfind('/') + 1) + "extractor_probe";
  Attempt result;
  FILE* const output = popen(("exec " + probe + " try " + action + " 2>&1").c_str(), "r");
  std::array<char, 256> line{};
  while (fgets(line.data(), line.size(), output) != nullptr) result.said += line.data();
  result.status = pclose(output);
  return result;
}

TEST(Confinement, what_only_an_intruder_does_kills_the_process) {
  for (const char* action :
       {"socket", "unix_socket", "exec", "fork", "vfork", "thread", "ptrace", "bpf", "io_uring", "mount"}) {
    const Attempt result = attempt(action);
    EXPECT_TRUE(result.killed_by(SIGSYS)) << action << ": " << result.said << " status " << result.status;
    EXPECT_EQ(result.said.find("allowed"), std::string::npos) << action;
  }
}

TEST(Confinement, files_limits_and_new_code_are_refused) {
  for (const char* action : {"open_write", "open_read", "open_proc", "unlink", "rename", "kill_parent",
                             "chdir", "raise_limit", "executable_memory", "make_executable"}) {
    const Attempt result = attempt(action);
    EXPECT_EQ(result.said, "refused\n") << action << " status " << result.status;
  }
  EXPECT_FALSE(std::ifstream("/tmp/loadline_probe_was_here").good());
}

TEST(Confinement, ordinary_work_goes_on) {
  EXPECT_EQ(attempt("nothing").said, "allowed\n");
  EXPECT_EQ(attempt("small_memory").said, "allowed\n");
}

TEST(Confinement, memory_is_bounded) {
#if defined(LOADLINE_SANITIZED)
  GTEST_SKIP()
      << "AddressSanitizer reserves address space by the terabyte, so its builds have no memory limit";
#endif
  EXPECT_EQ(attempt("memory").said, "refused\n");
}

TEST(Confinement, cpu_time_is_bounded) { EXPECT_TRUE(attempt("cpu").killed_by(SIGXCPU)); }

}  // namespace
}  // namespace loadline
