#include "extract/session.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <new>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "base/utf8.h"
#include "extract/confine.h"
#include "extract/format.h"
#include "extract/frames.h"
#include "extract/messages.h"
#include "extract/pdf/pdf_reader.h"

namespace loadline {
namespace {

constexpr int status_done = 0;
constexpr int status_failed = 1;  // said why in a frame
constexpr int status_broken = 2;  // could not even say

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = write(descriptor, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

// Writes what readers give and say as frames. Pages out of bounds become lost ones.
class FrameSink final : public PageSink, public ReaderHost {
 public:
  explicit FrameSink(int descriptor) : descriptor_(descriptor) {}
  void set_skip(const std::vector<int>& pages) { skip_ = std::set<int>(pages.begin(), pages.end()); }
  void set_loaded(const ForeignLibrarySet& libraries) { loaded_ = libraries; }

  bool begins(int page) override {
    if (skip_.contains(page)) return false;
    // If nobody reads it, the page that comes will show it.
    static_cast<void>(send(FrameType::working, encode_working(page)).ok());
    return true;
  }

  void needs(ForeignLibrary library) override {
    if (loaded_.contains(library)) return;
    _exit(send(FrameType::needs, encode_needs(library)).ok() ? status_done : status_broken);
  }

  bool on_properties(const DocumentProperties& properties) override {
    DocumentProperties sendable = properties;
    for (std::string* text : {&sendable.title, &sendable.author, &sendable.created})
      *text = to_sendable(*text);
    return send(FrameType::properties, encode(sendable)).ok();
  }

  bool on_page(ExtractedPage page) override {
    make_sendable(page);
    if (std::string reason = broken_page_bound(page); !reason.empty())
      return lost(page.number, std::move(reason));
    Status sent = send(FrameType::page, encode(page));
    if (sent.ok()) return true;
    return sent.error().code() == Code::resource_exhausted && lost(page.number, sent.error().message());
  }

  bool failure(const Error& error, bool page_only) {
    return send(FrameType::failure,
                encode(ExtractFailure{error.code(), to_sendable(error.message()), page_only}))
        .ok();
  }
  bool end() { return send(FrameType::end, "").ok(); }

 private:
  static std::string to_sendable(const std::string& text) {
    constexpr std::size_t property_bytes_max = 4096;
    const std::string valid = to_valid_utf8(text);
    return valid.substr(0, utf8_boundary(valid, property_bytes_max));
  }

  bool lost(int number, std::string reason) {
    ExtractedPage page;
    page.number = number;
    page.lost_reason = std::move(reason);
    return send(FrameType::page, encode(page)).ok();
  }

  Status send(FrameType type, std::string_view payload) {
    buffer_.clear();
    LOADLINE_TRY(append_frame(buffer_, type, payload));
    if (!write_all(descriptor_, buffer_)) return Error(Code::cancelled, "The reader of the pages is gone.");
    return {};
  }

  const int descriptor_;
  std::set<int> skip_;
  ForeignLibrarySet loaded_;
  std::string buffer_;
};

Result<ExtractOrder> read_order(int descriptor) {
  FrameDecoder frames;
  std::array<char, 4096> chunk{};
  for (;;) {
    const ssize_t size = read(descriptor, chunk.data(), chunk.size());
    if (size <= 0) return Error(Code::invalid_argument, "There is no order on standard input.");
    frames.feed({chunk.data(), static_cast<std::size_t>(size)});
    LOADLINE_ASSIGN(const std::optional<FrameView> frame, frames.next());
    if (!frame) continue;
    if (frame->type != FrameType::order) return Error(Code::invalid_argument, "The first frame is no order.");
    return decode_order(frame->payload);
  }
}

Result<std::span<const std::byte>> map_document(int descriptor) {
  struct stat facts {};
  if (fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode))
    return Error(Code::invalid_argument, "It is not a file.");
  if (facts.st_size == 0) return Error(Code::invalid_argument, "The file is empty.");
  const auto size = static_cast<std::size_t>(facts.st_size);
  void* const bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (bytes == MAP_FAILED)
    return Error(Code::resource_exhausted, "The file is larger than the memory that reading it may use.");
  return std::span(static_cast<const std::byte*>(bytes), size);
}

Status read_document_of(const ExtractOrder& order, int descriptor, FrameSink& sink) {
  LOADLINE_ASSIGN(const std::span<const std::byte> bytes, map_document(descriptor));
  ReadBudget budget;
  ReadInput input;
  input.bytes = bytes;
  input.file_name = order.file_name;
  input.first_page = order.first_page;
  input.recognise_scans = order.recognise_scans;
  input.host = &sink;
  input.budget = &budget;
  return read_document(input, sink);
}

// A library that does not load is named by whatever cannot be read without it.
ForeignLibrarySet load_libraries(const ExtractOrder& order, int document) {
  ForeignLibrarySet libraries = order.libraries;
  std::array<char, pdf_mark_reach> start{};
  const ssize_t size = pread(document, start.data(), start.size(), 0);
  // Nearly every PDF says so at its start, and is spared a second process.
  if (size > 0 && has_pdf_mark({start.data(), static_cast<std::size_t>(size)}))
    libraries.add(ForeignLibrary::pdfium);
  if (libraries.contains(ForeignLibrary::pdfium)) static_cast<void>(prepare_pdf().ok());
  if (libraries.contains(ForeignLibrary::tesseract)) static_cast<void>(prepare_ocr().ok());
  return libraries;
}

int answer(const ExtractOrder& order, const SessionDescriptors& descriptors, FrameSink& sink) {
  bool page_only = false;
  Status status;
  try {
    status = read_document_of(order, descriptors.document, sink);
  } catch (const std::bad_alloc&) {
    page_only = true;
    status = Error(Code::resource_exhausted,
                   "It needs more than " + std::to_string(order.memory_bytes >> 20) + " MiB of memory");
  } catch (const std::exception&) {
    page_only = true;
    status = Error(Code::internal, "The extractor came upon something unexpected");
  }
  if (status.ok()) return sink.end() ? status_done : status_broken;
  sink.failure(status.error(), page_only);
  return status_failed;
}

}  // namespace

int run_extractor_session(const SessionDescriptors& descriptors) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  FrameSink sink(descriptors.answer);
  Result<ExtractOrder> order = read_order(descriptors.order);
  if (!order) return sink.failure(order.error(), false) ? status_failed : status_broken;
  if (getppid() != order->parent) return status_broken;  // it died before it could take us along
  sink.set_skip(order->skip);
  sink.set_loaded(load_libraries(*order, descriptors.document));
  const Result<ConfinementReport> confined =
      confine({.memory_bytes = order->memory_bytes, .cpu_seconds = order->cpu_seconds});
  if (!confined) return sink.failure(confined.error(), false) ? status_failed : status_broken;
  return answer(*order, descriptors, sink);
}

}  // namespace loadline
