#pragma once
// `loadline-extractor --dump FILE`: what Loadline sees of a file, as JSON lines, through the same confined
// process that ingestion uses.
#include <string>

namespace loadline {

struct DumpOptions {
  std::string path;
  int first_page = 1;
  bool recognise_scans = true;
};

/// Prints one line for the properties, one a page, and one for the end or the error. The exit status: 0, or 1
/// on error.
int dump_document(const DumpOptions& options);

}  // namespace loadline
