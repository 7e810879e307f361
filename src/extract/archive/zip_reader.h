#pragma once
// A ZIP of documents: each member, in the archive's order, is a run of pages under a heading with its name.
#include "extract/archive/zip_archive.h"
#include "extract/reader.h"

namespace loadline {

/// invalid_argument if no member can be read; otherwise unreadable members are lost pages.
Status read_zip(ZipArchive& zip, const ReadInput& input, PageSink& sink);

}  // namespace loadline
