#pragma once
// What a format reader is: bytes of one untrusted file in, pages to a sink. Readers run only inside the confined
// extractor process, single-threaded, and never open files themselves.
#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"
#include "model/document_extractor.h"

namespace loadline {

struct ReadInput {
  std::span<const std::byte> bytes;  // the whole file, mapped; valid for the whole call
  std::string file_name;             // a hint only
  int first_page = 1;                // pages before it are not given to the sink
  bool recognise_scans = true;
};

/// Status as DocumentExtractor::extract documents it. A sink that returns false ends the call with `cancelled`.
using ReadFormat = Status (*)(const ReadInput& input, PageSink& sink);

}  // namespace loadline
