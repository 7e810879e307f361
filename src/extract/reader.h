#pragma once
// What a format reader is: bytes of one untrusted file in, pages to a sink. Readers run only inside the
// confined extractor process, single-threaded, and never open files themselves.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "extract/foreign_library.h"
#include "model/document_extractor.h"

namespace loadline {

/// What all the files inside one file (archive members, attachments) may use together. A reader that unpacks
/// something takes from it first.
struct ReadBudget {
  std::uint64_t unpacked_bytes_left = std::uint64_t{1} << 30;
  int members_left = 10'000;
  bool exceeded = false;  // a bound was hit: the whole document ends, not only the file inside it
};

/// How deep files may lie in files: a mail in a ZIP in a mail is 3.
inline constexpr int nesting_depth_max = 5;

/// What readers tell the process around them.
class ReaderHost {
 public:
  virtual ~ReaderHost() = default;
  /// Work on a page begins: a process that dies on it leaves its number behind. Readers that look at pages
  /// out of order need it; for the others the page after the last one given is the one. False: an earlier
  /// process died on this page. It is given as lost, without being looked at.
  virtual bool begins(int page) = 0;
  /// Called before a foreign library is used. Returns only where it is loaded, or known to be missing.
  virtual void needs(ForeignLibrary library) = 0;
};

struct ReadInput {
  std::span<const std::byte> bytes;  // the whole file, mapped; valid for the whole call
  std::string file_name;             // a hint only
  int first_page = 1;                // pages before it are not given to the sink
  bool recognise_scans = true;
  int depth = 1;                 // files around this one, and itself
  ReaderHost* host = nullptr;    // null: nobody is told, libraries are loaded when they are needed
  ReadBudget* budget = nullptr;  // shared by everything inside the outermost file; never null in a reader

  /// Of `host`; true if there is none.
  bool may_begin(int page) const { return host == nullptr || host->begins(page); }
  void needs(ForeignLibrary library) const {
    if (host != nullptr) host->needs(library);
  }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

/// Why a page is lost on which an earlier process died. Whoever started that process knows more.
inline constexpr const char* page_not_begun = "Reading this page ended the extractor.";

/// Status as DocumentExtractor::extract documents it. A sink that returns false ends the call with
/// `cancelled`.
using ReadFormat = Status (*)(const ReadInput& input, PageSink& sink);

}  // namespace loadline
