#pragma once
// What a format reader is: bytes of one untrusted file in, pages to a sink. Readers run only inside the
// confined extractor process, single-threaded, and never open files themselves.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
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

struct ReadInput {
  std::span<const std::byte> bytes;  // the whole file, mapped; valid for the whole call
  std::string file_name;             // a hint only
  int first_page = 1;                // pages before it are not given to the sink
  bool recognise_scans = true;
  int depth = 1;                 // files around this one, and itself
  ReadBudget* budget = nullptr;  // shared by everything inside the outermost file; never null in a reader

  std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

/// Status as DocumentExtractor::extract documents it. A sink that returns false ends the call with
/// `cancelled`.
using ReadFormat = Status (*)(const ReadInput& input, PageSink& sink);

}  // namespace loadline
