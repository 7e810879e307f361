#pragma once
// Files inside a file, read one after the other as runs of pages: members of a ZIP, attachments of a mail.
//
// They are opened twice: first to count their pages, so that every page has its number before the first one
// is given and reading can go on in the middle, then to read them. A file that cannot be read is one lost
// page with its reason; only a bound of the shared budget ends the whole document. Not thread-safe.
#include <functional>
#include <string>
#include <vector>

#include "extract/reader.h"

namespace loadline {

struct NestedFile {
  std::string name;     // as the container says it; decides nothing but ties
  std::string heading;  // stands before its first page
  std::function<Result<std::string>(ReadBudget&)> content;  // its bytes; called once for each pass
};

class NestedFiles {
 public:
  /// `outer` must outlive it.
  NestedFiles(const ReadInput& outer, std::vector<NestedFile> files);

  /// Opens every file. resource_exhausted: the budget or nesting_depth_max.
  Status count();
  /// Valid after `count`.
  int pages() const;
  std::size_t unreadable() const;
  /// Why the first unreadable one is so; with its name unless all say the same.
  std::string first_reason() const;

  /// Gives the pages from outer.first_page on. They are numbered from `pages_before` + 1.
  Status give(int pages_before, PageSink& sink);

 private:
  struct Entry {
    NestedFile file;
    int pages = 1;
    std::string reason;  // not empty: it cannot be read, and why
  };
  Result<int> count_pages(const Entry& entry, ReadBudget& budget) const;
  Status give_file(const Entry& entry, int pages_before, PageSink& sink);
  ReadInput inner_input(const Entry& entry, const std::string& bytes, ReadBudget& budget) const;

  const ReadInput& outer_;
  std::vector<Entry> entries_;
};

}  // namespace loadline
