#include "extract/extractor_process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>

#include "base/printable.h"
#include "extract/child_process.h"
#include "extract/frames.h"
#include "extract/messages.h"

namespace loadline {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds poll_slice{50};           // how late a cancellation may be noticed
constexpr milliseconds end_patience{1000};       // for the process to end after its last frame
constexpr milliseconds version_patience{20000};  // for --version

std::string seconds_text(std::chrono::seconds value) { return std::to_string(value.count()) + " s"; }

// What a parser may know of the outside. One thread: OpenMP would start more, which confinement forbids.
std::vector<std::string> child_environment() {
  std::vector<std::string> environment{"LC_ALL=C", "OMP_THREAD_LIMIT=1",
                                       "ASAN_OPTIONS=detect_leaks=0:handle_segv=0:handle_sigill=0",
                                       "UBSAN_OPTIONS=print_stacktrace=0"};
  for (const char* name : {"LD_LIBRARY_PATH", "TESSDATA_PREFIX"})
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  return environment;
}

Result<std::string> ask_version(const std::string& program) {
  ChildCommand command;
  command.program = program;
  command.arguments = {"--version"};
  command.environment = child_environment();
  LOADLINE_ASSIGN(ChildProcess child, ChildProcess::start(command));
  std::string text;
  constexpr std::size_t version_bytes_max = 4096;
  const auto started = SteadyClock::now();
  while (text.size() < version_bytes_max && SteadyClock::now() - started < version_patience)
    if (child.read(text, poll_slice) == ChildProcess::ReadOutcome::closed) break;
  const std::size_t line = text.find('\n');
  if (line == std::string::npos || line == 0)
    return Error(Code::unavailable, "The program " + printable(program) +
                                        " does not say its version. Is it loadline-extractor?");
  return text.substr(0, line);
}

Result<Descriptor> open_document(const std::string& path, std::uint64_t bytes_max) {
  // O_NONBLOCK: a FIFO must not hold us up.
  Descriptor document(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!document) {
    const Code code = errno == ENOENT || errno == ENOTDIR ? Code::not_found
                      : errno == EACCES || errno == EPERM ? Code::permission_denied
                                                          : Code::unavailable;
    return Error(code, "The file " + printable(path) + " cannot be opened: " + std::strerror(errno) + ".");
  }
  struct stat facts {};
  if (fstat(document.get(), &facts) != 0 || !S_ISREG(facts.st_mode))
    return Error(Code::invalid_argument, "It is not a file but a folder or a device.");
  if (facts.st_size == 0) return Error(Code::invalid_argument, "The file is empty.");
  if (static_cast<std::uint64_t>(facts.st_size) > bytes_max)
    return Error(Code::resource_exhausted, "The file has " + std::to_string(facts.st_size >> 20) +
                                               " MiB; at most " + std::to_string(bytes_max >> 20) +
                                               " MiB are read. Split it.");
  return document;
}

// One document, over as many processes as its bad pages make necessary.
class Extraction {
 public:
  Extraction(const ExtractorOptions& options, const ExtractRequest& request, PageSink& sink,
             const CallContext& context)
      : options_(options),
        limits_(options.limits),
        request_(request),
        sink_(sink),
        context_(context),
        next_page_(request.first_page) {}

  Status run() {
    LOADLINE_ASSIGN(document_, open_document(request_.path, limits_.document_bytes_max));
    for (;;) {
      const int page_before = next_page_;
      needs_library_ = false;
      LOADLINE_ASSIGN(std::optional<PageLoss> loss, run_process());
      if (needs_library_) continue;
      if (!loss) return {};
      if (!all_given()) LOADLINE_TRY(take_loss(*loss, next_page_ > page_before));
      if (all_given()) return pages_given_ > 0 ? Status() : Status(loss->error);
    }
  }

 private:
  // The process ended on a page that has to be given up.
  struct PageLoss {
    Error error;         // for the document, if that page was all there is
    std::string reason;  // for the page
  };

  enum class Step : std::uint8_t { more, finished };

  // Nothing: the document is finished. A loss: go on behind the page. An error: give up.
  Result<std::optional<PageLoss>> run_process() {
    LOADLINE_ASSIGN(ChildProcess child, start_process());
    FrameDecoder frames;
    std::string bytes;
    milliseconds waited_for_page{0};
    for (;;) {
      LOADLINE_TRY(context_.check());
      bytes.clear();
      const auto before = SteadyClock::now();
      const auto outcome = child.read(bytes, poll_slice);
      const auto waited = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - before);
      waited_for_page += waited, waited_for_document_ += waited;
      if (outcome == ChildProcess::ReadOutcome::closed) return classify(child.stop());
      if (outcome == ChildProcess::ReadOutcome::data) {
        output_bytes_ += bytes.size();
        frames.feed(bytes);
        const int page_before = next_page_ + working_page_;
        LOADLINE_ASSIGN(const Step step, take_frames(frames));
        if (step == Step::finished) return finish(child);
        if (failure_) return after_failure(child);
        if (needs_library_) return after_need(child);
        if (next_page_ + working_page_ != page_before) waited_for_page = milliseconds{0};
      }
      LOADLINE_TRY(check_document_bounds());
      if (waited_for_page > limits_.wall_per_page) {
        child.stop();
        return lose_page(Error(Code::resource_exhausted,
                               "It took longer than " + seconds_text(limits_.wall_per_page) + " to read"));
      }
    }
  }

  Result<ChildProcess> start_process() {
    const auto cpu_left =
        limits_.cpu_per_document - std::chrono::duration_cast<std::chrono::seconds>(cpu_used_);
    ExtractOrder order;
    order.file_name = request_.file_name.substr(0, request_.file_name.find('\0'));
    order.first_page = next_page_;
    order.recognise_scans = request_.recognise_scans && options_.recognise_scans;
    order.memory_bytes = limits_.memory_bytes;
    order.cpu_seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(1, cpu_left.count()));
    order.parent = static_cast<std::int32_t>(getpid());
    for (const auto& [page, reason] : bad_pages_) order.skip.push_back(page);
    order.libraries = libraries_;
    working_page_ = 0;
    ChildCommand command;
    command.program = options_.program;
    command.arguments = {"--confined"};
    command.environment = child_environment();
    command.extra_descriptor = document_.get();
    command.show_diagnostics = options_.show_diagnostics;
    LOADLINE_TRY(append_frame(command.input, FrameType::order, encode(order)));
    return ChildProcess::start(command);
  }

  Result<Step> take_frames(FrameDecoder& frames) {
    for (;;) {
      LOADLINE_ASSIGN(const std::optional<FrameView> frame, frames.next());
      if (!frame) return Step::more;
      if (frame->type == FrameType::end) return Step::finished;
      if (frame->type == FrameType::failure) {
        LOADLINE_ASSIGN(failure_, decode_failure(frame->payload));
        return Step::more;
      }
      if (frame->type == FrameType::properties) {
        LOADLINE_TRY(take_properties(frame->payload));
      } else if (frame->type == FrameType::page) {
        LOADLINE_TRY(take_page(frame->payload));
      } else if (frame->type == FrameType::working) {
        LOADLINE_ASSIGN(working_page_, decode_working(frame->payload));
      } else if (frame->type == FrameType::needs) {
        return take_need(frame->payload);
      } else {
        return Error(Code::data_loss, "The extractor's answer is damaged: it gives an order.");
      }
      LOADLINE_TRY(context_.check());
    }
  }

  Result<Step> take_need(std::string_view payload) {
    LOADLINE_ASSIGN(const ForeignLibrary library, decode_needs(payload));
    if (libraries_.contains(library))
      return Error(Code::data_loss, "The extractor's answer is damaged: it needs what it was given.");
    libraries_.add(library);
    needs_library_ = true;
    return Step::more;
  }

  Status take_properties(std::string_view payload) {
    LOADLINE_ASSIGN(DocumentProperties properties, decode_properties(payload));
    if (properties_) return {};  // said again by the process that goes on
    properties_ = std::move(properties);
    if (properties_->page_count > limits_.pages_max)
      return Error(Code::resource_exhausted, "It has " + std::to_string(properties_->page_count) +
                                                 " pages; at most " + std::to_string(limits_.pages_max) +
                                                 " are read. Split it.");
    if (!sink_.on_properties(*properties_)) return stopped();
    return {};
  }

  Status take_page(std::string_view payload) {
    LOADLINE_ASSIGN(ExtractedPage page, decode_page(payload));
    if (!properties_ || page.number != next_page_)
      return Error(Code::data_loss, "The extractor's answer is damaged: its pages are out of order.");
    if (page.number > limits_.pages_max)
      return Error(Code::resource_exhausted,
                   "It has more than " + std::to_string(limits_.pages_max) + " pages. Split it.");
    ++next_page_;
    const auto bad = bad_pages_.find(page.number);
    if (bad != bad_pages_.end() && !page.lost_reason.empty()) page.lost_reason = bad->second;
    if (page.lost_reason.empty()) ++pages_given_;
    if (!sink_.on_page(std::move(page))) return stopped();
    return {};
  }

  bool all_given() const { return properties_->page_count > 0 && next_page_ > properties_->page_count; }

  Status check_document_bounds() const {
    if (output_bytes_ > limits_.output_bytes_max)
      return Error(
          Code::resource_exhausted,
          "Its text is longer than " + std::to_string(limits_.output_bytes_max >> 20) + " MiB" + so_far());
    if (waited_for_document_ > limits_.wall_per_document)
      return Error(Code::resource_exhausted,
                   "It took longer than " + seconds_text(limits_.wall_per_document) + " to read" + so_far());
    return {};
  }

  // The last frame is there. The process is given a moment to leave by itself, then it is made to.
  Result<std::optional<PageLoss>> finish(ChildProcess& child) {
    std::string rest;
    const auto started = SteadyClock::now();
    while (SteadyClock::now() - started < end_patience && rest.empty())
      if (child.read(rest, poll_slice) == ChildProcess::ReadOutcome::closed) break;
    cpu_used_ += child.stop().cpu;
    if (!properties_)
      return Error(Code::data_loss, "The extractor's answer is damaged: the document has no properties.");
    if (properties_->page_count > 0 && !all_given())
      return Error(Code::data_loss, "The extractor's answer is damaged: pages are missing" + so_far());
    return std::optional<PageLoss>();
  }

  Result<std::optional<PageLoss>> after_need(ChildProcess& child) {
    cpu_used_ += child.stop().cpu;
    return std::optional<PageLoss>();
  }

  Result<std::optional<PageLoss>> after_failure(ChildProcess& child) {
    cpu_used_ += child.stop().cpu;
    const ExtractFailure failure = *std::exchange(failure_, std::nullopt);
    const Error error(failure.code, failure.message);
    if (failure.page_only) return lose_page(error);
    return error;
  }

  // It ended in the middle: by a bound that the kernel keeps, or by a crash.
  Result<std::optional<PageLoss>> classify(const ChildEnd& end) {
    cpu_used_ += end.cpu;
    if (!end.exited && (end.code == SIGXCPU || cpu_used_ >= limits_.cpu_per_document))
      return Error(Code::resource_exhausted,
                   "It took more than " + seconds_text(limits_.cpu_per_document) + " of CPU time" + so_far());
    if (!end.exited && end.code == SIGSYS)
      return lose_page(Error(Code::internal, "The extractor was stopped for trying something it may not do"));
    // Libraries that are refused memory often crash instead of saying so.
    if (end.memory_bytes_peak > limits_.memory_bytes / 10 * 8)
      return lose_page(
          Error(Code::resource_exhausted,
                "It needs more than " + std::to_string(limits_.memory_bytes >> 20) + " MiB of memory"));
    const std::string how =
        end.exited ? "exit status " + std::to_string(end.code) : "signal " + std::to_string(end.code);
    return lose_page(Error(Code::internal, "The extractor crashed (" + how + ")"));
  }

  // Before the properties there is no page to blame.
  Result<std::optional<PageLoss>> lose_page(const Error& error) const {
    if (!properties_) return Error(error.code(), error.message() + " while the document was opened.");
    return std::optional<PageLoss>(
        PageLoss{Error(error.code(), error.message() + so_far()), error.message() + "."});
  }

  // Finds the page to blame. Readers may look at pages before it is their turn: then the next process is told
  // to leave that page alone and goes on where this one stopped.
  Status take_loss(const PageLoss& loss, bool process_gave_pages) {
    // Where the number of pages is not known in advance, a second failure without a page in between means
    // that it is not the page.
    const bool hopeless = properties_->page_count == 0 && lost_pages_ > 0 && !process_gave_pages;
    if (hopeless || lost_pages_ >= limits_.lost_pages_max) return loss.error;
    ++lost_pages_;
    const bool out_of_turn = working_page_ > 0 && working_page_ != next_page_;
    if (out_of_turn && bad_pages_.emplace(working_page_, loss.reason).second) return {};
    return give_lost_page(loss.reason);
  }

  Status give_lost_page(const std::string& reason) {
    bad_pages_.emplace(next_page_, reason);
    ExtractedPage page;
    page.number = next_page_++;
    page.lost_reason = reason;
    if (!sink_.on_page(std::move(page))) return stopped();
    return {};
  }

  std::string so_far() const {
    return next_page_ > 1 ? " (on page " + std::to_string(next_page_) + ")." : std::string(".");
  }
  static Error stopped() { return Error(Code::cancelled, "The reader of the pages stopped."); }

  const ExtractorOptions& options_;
  const ExtractorLimits& limits_;
  const ExtractRequest& request_;
  PageSink& sink_;
  const CallContext& context_;

  Descriptor document_;
  std::optional<DocumentProperties> properties_;
  std::optional<ExtractFailure> failure_;
  ForeignLibrarySet libraries_;           // that this document turned out to need
  bool needs_library_ = false;            // the process ended for want of one
  int next_page_;                         // the first page that was not given to the sink
  int working_page_ = 0;                  // the last one that the process said it began; 0: none
  std::map<int, std::string> bad_pages_;  // on which processes ended, and how
  int pages_given_ = 0;                   // that could be read
  int lost_pages_ = 0;
  std::uint64_t output_bytes_ = 0;
  milliseconds waited_for_document_{0};
  milliseconds cpu_used_{0};
};

}  // namespace

std::string extractor_beside_program() {
  std::array<char, 4096> path{};
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  const std::string program(path.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
  return program.substr(0, program.rfind('/') + 1) + "loadline-extractor";
}

Result<std::unique_ptr<ExtractorProcess>> ExtractorProcess::open(ExtractorOptions options) {
  if (options.program.empty()) options.program = extractor_beside_program();
  LOADLINE_ASSIGN(std::string version, ask_version(options.program));
  if (!options.recognise_scans) version += " without-recognition";
  return std::unique_ptr<ExtractorProcess>(new ExtractorProcess(std::move(options), std::move(version)));
}

Status ExtractorProcess::extract(const ExtractRequest& request, PageSink& sink, const CallContext& context) {
  return Extraction(options_, request, sink, context).run();
}

}  // namespace loadline
