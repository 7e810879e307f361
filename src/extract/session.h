#pragma once
// The life of one extractor process: an order in, confinement, one document out.
//
// Everything that opens files (libraries, OCR data) happens before confinement, everything that looks at the
// document after it. Runs on the process's only thread.
#include <cstdint>

#include "base/result.h"

namespace loadline {

struct SessionDescriptors {
  int order = 0;
  int answer = 1;
  int document = 3;
};

/// Reads the order, confines the process, reads the document and answers with frames. The process can do
/// nothing else afterwards. Errors, also of the document, go to the parent as frames; the result is the exit
/// status.
int run_extractor_session(const SessionDescriptors& descriptors);

}  // namespace loadline
