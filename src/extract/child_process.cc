#include "extract/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/assert.h"

namespace loadline {
namespace {

// Descriptors are kept above those that the child will use, so that giving one its number never overwrites
// another.
constexpr int lowest_descriptor = 10;
constexpr int pipe_bytes = 1 << 20;  // lets the child work ahead of a slow reader
constexpr int extra_descriptor_number = 3;

Error cannot_start(const std::string& program, int error) {
  return Error(Code::unavailable, "The program " + program + " cannot be started: " + std::strerror(error) +
                                      ". Install it beside loadline, or give its path.");
}

Result<std::pair<Descriptor, Descriptor>> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    return Error(Code::unavailable,
                 std::string("No pipe to the extractor can be made: ") + std::strerror(errno));
  Descriptor low_read(ends[0]);
  Descriptor low_write(ends[1]);
  Descriptor read_end(fcntl(ends[0], F_DUPFD_CLOEXEC, lowest_descriptor));
  Descriptor write_end(fcntl(ends[1], F_DUPFD_CLOEXEC, lowest_descriptor));
  if (!read_end || !write_end)
    return Error(Code::unavailable, "No pipe to the extractor can be made: too many open files.");
  return std::pair(std::move(read_end), std::move(write_end));
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// posix_spawn's two argument objects, destroyed as a pair.
struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }

  void place(int descriptor, int number) { posix_spawn_file_actions_adddup2(&actions, descriptor, number); }
  void own_group_and_default_signals() {
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
};

Result<Descriptor> filled_input(const std::string& input) {
  LOADLINE_ASSERT(input.size() <= child_input_bytes_max);
  LOADLINE_ASSIGN(auto ends, make_pipe());
  if (!input.empty() &&
      write(ends.second.get(), input.data(), input.size()) != static_cast<ssize_t>(input.size()))
    return Error(Code::unavailable, "The order to the extractor cannot be written.");
  return std::move(ends.first);
}

}  // namespace

void Descriptor::reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

Result<ChildProcess> ChildProcess::start(const ChildCommand& command) {
  LOADLINE_ASSIGN(const Descriptor input, filled_input(command.input));
  LOADLINE_ASSIGN(auto output, make_pipe());
  fcntl(output.first.get(), F_SETPIPE_SZ, pipe_bytes);  // a refusal only costs speed
  Descriptor extra;
  SpawnPlan plan;
  plan.place(input.get(), STDIN_FILENO);
  plan.place(output.second.get(), STDOUT_FILENO);
  if (!command.show_diagnostics)
    posix_spawn_file_actions_addopen(&plan.actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  if (command.extra_descriptor >= 0) {
    extra = Descriptor(fcntl(command.extra_descriptor, F_DUPFD_CLOEXEC, lowest_descriptor));
    if (!extra) return cannot_start(command.program, errno);
    plan.place(extra.get(), extra_descriptor_number);
  }
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, extra_descriptor_number + (extra ? 1 : 0));
  plan.own_group_and_default_signals();

  std::vector<std::string> words{command.program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = command.environment;
  pid_t pid = -1;
  const int error = posix_spawn(&pid, command.program.c_str(), &plan.actions, &plan.attributes,
                                pointers(words).data(), pointers(environment).data());
  if (error != 0) return cannot_start(command.program, error);
  return ChildProcess(pid, std::move(output.first));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), output_(std::move(other.output_)) {}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) stop();
}

ChildProcess::ReadOutcome ChildProcess::read(std::string& out, std::chrono::milliseconds patience) {
  pollfd wait{output_.get(), POLLIN, 0};
  const int ready = poll(&wait, 1, static_cast<int>(patience.count()));
  if (ready < 0) return errno == EINTR ? ReadOutcome::timed_out : ReadOutcome::closed;
  if (ready == 0) return ReadOutcome::timed_out;
  std::array<char, 1 << 16> chunk;
  const ssize_t size = ::read(output_.get(), chunk.data(), chunk.size());
  if (size < 0) return errno == EINTR ? ReadOutcome::timed_out : ReadOutcome::closed;
  if (size == 0) return ReadOutcome::closed;
  out.append(chunk.data(), static_cast<std::size_t>(size));
  return ReadOutcome::data;
}

ChildEnd ChildProcess::stop() {
  LOADLINE_ASSERT(pid_ > 0);
  const pid_t pid = std::exchange(pid_, -1);
  output_.reset();
  // Not yet waited for, so the number still belongs to our child even if it has ended.
  kill(-pid, SIGKILL);
  kill(pid, SIGKILL);
  int status = 0;
  rusage usage{};
  pid_t reaped = -1;
  do {
    reaped = wait4(pid, &status, 0, &usage);
  } while (reaped < 0 && errno == EINTR);
  ChildEnd end;
  if (reaped != pid) return end;  // somebody ignores SIGCHLD: it is gone all the same
  end.exited = WIFEXITED(status);
  end.code = end.exited ? WEXITSTATUS(status) : WTERMSIG(status);
  end.memory_bytes_peak = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  const auto millis = [](const timeval& t) { return t.tv_sec * 1000 + t.tv_usec / 1000; };
  end.cpu = std::chrono::milliseconds(millis(usage.ru_utime) + millis(usage.ru_stime));
  return end;
}

}  // namespace loadline
