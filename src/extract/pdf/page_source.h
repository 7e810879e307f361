#pragma once
// The pages of one PDF as words in rows, each read once, a bounded number of them in memory.
//
// Not thread-safe; the file must outlive it.
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "extract/pdf/pdf_file.h"
#include "extract/pdf/profile.h"
#include "extract/pdf/rows.h"
#include "extract/pdf/running_lines.h"
#include "extract/pdf/words.h"

namespace loadline::pdf {

struct LoadedPage {
  int number = 0;  // from 1
  PageWords words;
  std::vector<Row> rows;  // of the first frame
  PageEdges edges;
  bool recognised = false;
  std::string lost_reason;
};

class PageSource {
 public:
  explicit PageSource(const PdfFile& file) : file_(file), pages_(file.page_count()) {}

  int pages() const { return pages_; }
  /// What the document looks like in general; reads some pages on the first call.
  const DocumentProfile& profile();
  /// Takes page `number` out. Numbers must rise from call to call.
  std::unique_ptr<LoadedPage> take(int number);
  /// The edges of the pages around `number`, itself left out. Reads ahead.
  std::vector<PageEdges> edges_around(int number);

 private:
  std::unique_ptr<LoadedPage> load(int number) const;
  LoadedPage& page(int number);

  const PdfFile& file_;
  const int pages_;
  bool profiled_ = false;
  DocumentProfile profile_;
  std::map<int, std::unique_ptr<LoadedPage>> loaded_;  // read, not yet taken
  std::map<int, PageEdges> edges_;                     // of pages near the current one
};

}  // namespace loadline::pdf
