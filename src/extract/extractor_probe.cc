// For tests only: a program that is confined as the extractor is, and then misbehaves on order.
//
//   extractor_probe try ACTION     confines itself, tries ACTION, prints "refused", "allowed" or nothing if
//   it was killed extractor_probe --version      as loadline-extractor extractor_probe --confined     as
//   loadline-extractor, but the document says what to do: its first line is the number
//                                  of pages, every further one "PAGE ACTION": what happens instead of that
//                                  page
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "extract/confine.h"
#include "extract/frames.h"
#include "extract/messages.h"
#include "extract/reader.h"

namespace loadline {
namespace {

bool refused(long result) { return result < 0 && (errno == EPERM || errno == EACCES); }

// Takes memory until there is no more, 16 MiB at a time, and touches it.
bool take_memory(std::uint64_t bytes) {
  constexpr std::size_t piece = std::size_t{16} << 20;
  for (std::uint64_t taken = 0; taken < bytes; taken += piece) {
    void* const memory = mmap(nullptr, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    std::memset(memory, 1, piece);
  }
  return true;
}

[[noreturn]] void spin() {
  volatile unsigned long counter = 0;
  for (;;) counter = counter + 1;
}

// True if it was refused. Actions that are answered by a signal do not return.
bool try_action(const std::string& action) {
  if (action == "socket") return refused(socket(AF_INET, SOCK_STREAM, 0));
  if (action == "unix_socket") return refused(socket(AF_UNIX, SOCK_STREAM, 0));
  if (action == "open_write") return refused(open("/tmp/loadline_probe_was_here", O_WRONLY | O_CREAT, 0600));
  if (action == "open_read") return refused(open("/etc/passwd", O_RDONLY));
  if (action == "open_proc") return refused(open("/proc/self/mem", O_RDWR));
  if (action == "unlink") return refused(unlink("/tmp/loadline_probe_was_here"));
  if (action == "rename") return refused(rename("/tmp/a", "/tmp/b"));
  if (action == "exec") return refused(execl("/bin/true", "true", nullptr));
  if (action == "fork") return refused(fork());
  if (action == "vfork") return refused(syscall(SYS_vfork));
  if (action == "thread") return refused(syscall(SYS_clone, 0x100, nullptr, nullptr, nullptr, nullptr));
  if (action == "ptrace") return refused(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
  if (action == "kill_parent") return refused(kill(getppid(), 0));
  if (action == "bpf") return refused(syscall(SYS_bpf, 0, nullptr, 0));
  if (action == "io_uring") return refused(syscall(SYS_io_uring_setup, 1, nullptr));
  if (action == "mount") return refused(syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, nullptr));
  if (action == "chdir") return refused(chdir("/"));
  if (action == "raise_limit") {
    std::array<unsigned long, 2> limits{1UL << 40, 1UL << 40};
    return refused(syscall(SYS_prlimit64, 0, 9 /* RLIMIT_AS */, limits.data(), nullptr));
  }
  if (action == "executable_memory")
    return mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
           MAP_FAILED;
  if (action == "make_executable") {
    void* const memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return refused(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
  }
  if (action == "memory") return !take_memory(std::uint64_t{512} << 20);
  if (action == "cpu") spin();
  // What must go on working.
  if (action == "small_memory") return !take_memory(std::uint64_t{64} << 20);
  if (action == "nothing") return false;
  std::_Exit(3);
}

int try_confined(const std::string& action) {
  const auto report = confine({.memory_bytes = std::uint64_t{256} << 20, .cpu_seconds = 1});
  if (!report) {
    std::fprintf(stderr, "%s\n", report.error().message().c_str());
    return 4;
  }
  const std::string_view answer = try_action(action) ? "refused\n" : "allowed\n";
  return write(STDOUT_FILENO, answer.data(), answer.size()) > 0 ? 0 : 5;
}

void send(FrameType type, const std::string& payload) {
  std::string frame;
  if (!append_frame(frame, type, payload).ok()) std::_Exit(6);
  for (std::string_view rest = frame; !rest.empty();) {
    const ssize_t size = write(STDOUT_FILENO, rest.data(), rest.size());
    if (size <= 0) std::_Exit(7);
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
}

ExtractedPage page_of(int number) {
  ExtractedPage page;
  page.number = number;
  Block block;
  block.text = "page " + std::to_string(number);
  page.blocks.push_back(std::move(block));
  return page;
}

void misbehave(const std::string& action, int number) {
  if (action == "abort") std::abort();
  if (action == "segfault") syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), 11);
  if (action == "exit") std::_Exit(9);
  if (action == "hang")
    for (;;) usleep(1'000'000);
  if (action == "spin") spin();
  if (action == "socket") socket(AF_INET, SOCK_STREAM, 0);
  if (action == "garbage") std::_Exit(write(STDOUT_FILENO, "garbage garbage garbage", 23) > 0 ? 0 : 1);
  if (action == "half_frame") std::_Exit(write(STDOUT_FILENO, "LLXF\x01\x00", 6) > 0 ? 0 : 1);
  if (action == "wrong_number") send(FrameType::page, encode(page_of(number + 5)));
  if (action == "end_early") send(FrameType::end, ""), std::_Exit(0);
  if (action == "memory")
    send(FrameType::failure, encode(ExtractFailure{Code::resource_exhausted, "It needs more memory", true})),
        std::_Exit(1);
  if (action == "failure")
    send(FrameType::failure, encode(ExtractFailure{Code::invalid_argument, "No more can be read.", false})),
        std::_Exit(1);
  if (action == "flood")
    for (;;) {
      ExtractedPage page = page_of(number++);
      page.blocks[0].text.assign(1 << 20, 'x');
      send(FrameType::page, encode(page));
    }
  if (action == "stay") send(FrameType::end, ""), spin();
}

void take_part(const std::string& action, int number, const ExtractOrder& order) {
  const bool insists = action == "insist";
  if (insists || (action == "need" && !order.libraries.contains(ForeignLibrary::tesseract)))
    send(FrameType::needs, encode_needs(ForeignLibrary::tesseract)), std::_Exit(0);
  misbehave(action, number);
}

int serve() {
  FrameDecoder frames;
  std::array<char, 8192> chunk{};
  const ssize_t size = read(STDIN_FILENO, chunk.data(), chunk.size());
  if (size <= 0) return 1;
  frames.feed({chunk.data(), static_cast<std::size_t>(size)});
  const auto frame = frames.next();
  if (!frame.ok() || !frame->has_value()) return 1;
  const auto order = decode_order((*frame)->payload);
  if (!order) return 1;
  const auto report = confine({.memory_bytes = order->memory_bytes, .cpu_seconds = order->cpu_seconds});
  if (!report) return 4;
  const ssize_t script_size = pread(3, chunk.data(), chunk.size(), 0);
  std::istringstream script(std::string(chunk.data(), static_cast<std::size_t>(script_size)));
  int pages = 0;
  script >> pages;
  std::map<int, std::string> actions;
  std::string action;
  for (int page = 0; script >> page >> action;) actions[page] = action;
  const bool looks_ahead = actions[0] == "ahead";
  if (!looks_ahead) misbehave(actions[0], 0);
  DocumentProperties properties;
  properties.page_count = actions.contains(-1) ? 0 : pages;
  send(FrameType::properties, encode(properties));
  std::set<int> begun;
  const std::set<int> skip(order->skip.begin(), order->skip.end());
  for (int number = order->first_page; number <= pages; ++number) {
    for (int ahead = number; ahead <= std::min(pages, number + (looks_ahead ? 2 : 0)); ++ahead) {
      if (!begun.insert(ahead).second || skip.contains(ahead)) continue;
      if (looks_ahead) send(FrameType::working, encode_working(ahead));
      if (actions.contains(ahead)) take_part(actions[ahead], ahead, *order);
    }
    ExtractedPage page = page_of(number);
    if (skip.contains(number)) page.lost_reason = page_not_begun, page.blocks.clear();
    send(FrameType::page, encode(page));
  }
  send(FrameType::end, "");
  return 0;
}

}  // namespace
}  // namespace loadline

int main(int count, char** words) {
  const std::string mode = count > 1 ? words[1] : "";
  if (mode == "--version") return std::puts("probe-1") < 0 ? 1 : 0;
  if (mode == "--confined") _exit(loadline::serve());
  if (mode == "try" && count == 3) _exit(loadline::try_confined(words[2]));
  return 2;
}
