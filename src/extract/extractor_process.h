#pragma once
// DocumentExtractor over a confined process: one process per document, which ends with it.
//
// The process gets the document as an open descriptor and an order on its standard input, and answers with
// frames on its standard output (frames.h, messages.h). This side believes nothing: it bounds bytes, pages
// and time, and kills the process group when a bound is passed, the caller gives up, or the answer is
// malformed. When the process dies or hangs on page N, the page is reported as lost, with the reason, and a
// new process goes on at N + 1: one bad page does not lose a document.
//
// Thread-safe; each call of `extract` blocks its thread and owns its process. The process also dies with the
// calling thread (PR_SET_PDEATHSIG), so also when Loadline is killed.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "model/document_extractor.h"

namespace loadline {

struct ExtractorLimits {
  std::uint64_t memory_bytes = std::uint64_t{1536} << 20;  // address space of the process
  std::chrono::seconds cpu_per_document{4 * 3600};         // over all processes of the document
  std::chrono::seconds wall_per_document{4 * 3600};        // spent waiting for the extractor
  std::chrono::seconds wall_per_page{120};                 // also for opening the document
  int pages_max = 20'000;
  std::uint64_t output_bytes_max = std::uint64_t{1} << 30;  // of frames, over the whole document
  std::uint64_t document_bytes_max = std::uint64_t{1} << 30;
  int lost_pages_max = 32;  // pages on which a process may die or hang before the document is given up
};

struct ExtractorOptions {
  std::string program;  // path of loadline-extractor; "": beside the running program
  ExtractorLimits limits;
  bool show_diagnostics = false;  // leave the process its standard error; for people who debug
  bool recognise_scans = true;    // false: no request is served with recognition; part of version()
};

class ExtractorProcess final : public DocumentExtractor {
 public:
  /// Starts the program once to ask for its version. unavailable: it is not there or does not start.
  static Result<std::unique_ptr<ExtractorProcess>> open(ExtractorOptions options);

  /// As the port says. Cancellation and the deadline of `context` are noticed within 100 ms while the
  /// extractor works. not_found, permission_denied: the file cannot be opened.
  Status extract(const ExtractRequest& request, PageSink& sink, const CallContext& context) override;
  std::string version() const override { return version_; }

 private:
  ExtractorProcess(ExtractorOptions options, std::string version)
      : options_(std::move(options)), version_(std::move(version)) {}

  const ExtractorOptions options_;
  const std::string version_;
};

/// The path of loadline-extractor beside the running program.
std::string extractor_beside_program();

}  // namespace loadline
