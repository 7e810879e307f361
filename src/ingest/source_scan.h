#pragma once
// From what the user typed (files, folders, globs) to the files to ingest, each with its document name.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "model/source_files.h"

namespace loadline {

struct SourceFile {
  std::string path;    // raw bytes, absolute
  std::string name;    // the document's name, see source_name.h
  std::string source;  // `path`, escaped: what the store remembers
};

/// Something that was asked for and is no file.
struct UnusablePath {
  std::string name;
  Error error;
};

/// What a path of the user's covers, to find documents whose file has vanished.
struct SourceRoot {
  std::string folder;   // escaped, absolute; of a single file the file itself
  std::string pattern;  // escaped, relative to the folder; "" covers everything
  bool covers(std::string_view source) const;
};

struct SourceScan {
  std::vector<SourceFile> files;  // sorted by name, names and paths are unique
  std::vector<UnusablePath> unusable;
  std::vector<SourceRoot> roots;
  std::vector<std::string> warnings;
};

/// Two files that would have the same name get the folders in front that tell them apart. resource_exhausted,
/// cancelled, deadline_exceeded.
Result<SourceScan> scan_sources(const std::vector<std::string>& paths, const SourceFiles& files,
                                std::size_t files_max, const CallContext& context);

}  // namespace loadline
