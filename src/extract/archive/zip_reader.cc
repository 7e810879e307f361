#include "extract/archive/zip_reader.h"

#include "base/printable.h"
#include "extract/archive/nested_files.h"
#include "extract/page_writer.h"

namespace loadline {
namespace {

// What operating systems put into archives by themselves.
bool is_litter(std::string_view name) {
  const std::string_view file = name.substr(name.rfind('/') + 1);
  return name.starts_with("__MACOSX/") || file == ".DS_Store" || file == "Thumbs.db" || file == "desktop.ini";
}

}  // namespace

Status read_zip(ZipArchive& zip, const ReadInput& input, PageSink& sink) {
  std::vector<NestedFile> files;
  for (const ZipMember& member : zip.members()) {
    if (member.is_folder || is_litter(member.name)) continue;
    files.push_back({member.name, printable(member.name),
                     [&zip, &member](ReadBudget& budget) { return zip.read(member, budget); }});
  }
  const std::size_t count = files.size();
  if (count == 0) return Error(Code::invalid_argument, "The ZIP holds no files.");
  NestedFiles nested(input, std::move(files));
  LOADLINE_TRY(nested.count());
  if (nested.unreadable() == count)
    return Error(Code::invalid_argument, count == 1 ? nested.first_reason()
                                                    : "None of its " + std::to_string(count) +
                                                          " files can be read. " + nested.first_reason());
  DocumentProperties properties;
  properties.media_type = "application/zip";
  properties.page_count = nested.pages();
  if (!sink.on_properties(properties)) return sink_stopped();
  return nested.give(0, sink);
}

}  // namespace loadline
