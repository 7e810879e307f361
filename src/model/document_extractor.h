#pragma once
// The DocumentExtractor port: an untrusted file in, pages of blocks out, one page at a time.
#include <cstdint>
#include <string>

#include "base/call_context.h"
#include "base/result.h"
#include "model/document.h"

namespace loadline {

struct ExtractRequest {
  std::string path;       // a local file
  std::string file_name;  // as the user knows it, a hint for formats that content does not tell apart
  int first_page = 1;     // resume: pages before this one are skipped
  bool recognise_scans = true;
};

class PageSink {
 public:
  virtual ~PageSink() = default;
  /// Before the first page. False stops.
  virtual bool on_properties(const DocumentProperties& properties) = 0;
  /// In page order. A lost page comes too, with its reason. False stops.
  virtual bool on_page(ExtractedPage page) = 0;
};

/// Thread-safe. Runs until the whole document was given, or fails for the document as a whole:
/// invalid_argument (empty, truncated, not a known format, needs a password: the message is the sentence for
/// the user), resource_exhausted (a named bound: pages, bytes unpacked, memory, CPU or wall time), cancelled,
/// deadline_exceeded, unavailable (the extractor program cannot be started), internal (it crashed; says on
/// which page).
class DocumentExtractor {
 public:
  virtual ~DocumentExtractor() = default;
  virtual Status extract(const ExtractRequest& request, PageSink& sink, const CallContext& context) = 0;
  /// Starts whatever `version` and `extract` need. unavailable: as `extract`.
  virtual Status prepare() { return {}; }
  /// Names the version of everything that determines the output; part of the ledger's stage version. After
  /// `prepare`.
  virtual std::string version() const = 0;
};

}  // namespace loadline
