#pragma once
// One child process on pipes: started without copying this one, read with a time-out, always reaped.
//
// Used from one thread. The destructor kills the whole process group and waits for it: a ChildProcess never
// outlives its object, and leaves no zombie and no descriptor behind.
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace loadline {

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { reset(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

struct ChildCommand {
  std::string program;
  std::vector<std::string> arguments;    // after the program's name
  std::vector<std::string> environment;  // NAME=value, nothing else
  std::string input;                     // its standard input, whole; at most child_input_bytes_max
  int extra_descriptor = -1;             // given on as descriptor 3; -1: none
  bool show_diagnostics = false;         // false: its standard error goes to /dev/null
};

/// A pipe holds this much without a reader, so that writing it before the child starts never blocks.
inline constexpr std::size_t child_input_bytes_max = 32768;

/// How a child ended.
struct ChildEnd {
  bool exited = false;  // by itself, with `code`; otherwise by signal `code`
  int code = 0;
  std::uint64_t memory_bytes_peak = 0;
  std::chrono::milliseconds cpu{0};
};

class ChildProcess {
 public:
  /// unavailable if it cannot be started.
  static Result<ChildProcess> start(const ChildCommand& command);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  enum class ReadOutcome : std::uint8_t { data, closed, timed_out };
  /// Waits at most `patience` for bytes of its standard output and appends them to `out`.
  ReadOutcome read(std::string& out, std::chrono::milliseconds patience);

  /// Kills it unless it ended already, and waits for it. Once only.
  ChildEnd stop();
  pid_t pid() const { return pid_; }

 private:
  ChildProcess(pid_t pid, Descriptor output) : pid_(pid), output_(std::move(output)) {}

  pid_t pid_ = -1;  // -1: reaped
  Descriptor output_;
};

}  // namespace loadline
