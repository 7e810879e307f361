#pragma once
// The pages of one PDF as words in rows, each read once, a bounded number of them in memory.
//
// Not thread-safe; the file must outlive it.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "extract/pdf/ocr.h"
#include "extract/pdf/pdf_file.h"
#include "extract/pdf/profile.h"
#include "extract/pdf/rows.h"
#include "extract/pdf/running_lines.h"
#include "extract/pdf/words.h"
#include "extract/reader.h"

namespace loadline::pdf {

struct LoadedPage {
  int number = 0;  // from 1
  PageWords words;
  std::vector<Row> rows;  // of the first frame
  PageEdges edges;
  bool is_scan = false;     // has something to see, but no text layer worth the name: still to be recognised
  bool recognised = false;  // its words come from recognition
  std::string lost_reason;
};

class PageSource {
 public:
  /// `input` is asked before work on a page begins; it must outlive the source.
  PageSource(const PdfFile& file, const ReadInput& input)
      : file_(file), input_(input), pages_(file.page_count()) {}

  int pages() const { return pages_; }
  /// What the document's text layers look like in general; reads some pages on the first call.
  const DocumentProfile& profile();
  /// Takes page `number` out. Numbers must rise from call to call.
  std::unique_ptr<LoadedPage> take(int number);
  /// The edges of the pages around `number`, itself left out. Reads ahead.
  std::vector<PageEdges> edges_around(int number);

 private:
  LoadedPage& text_layer(int number);
  LoadedPage& page(int number);
  void recognise(LoadedPage& page);
  Result<Frame> read_scan(int number);

  const PdfFile& file_;
  const ReadInput& input_;
  const int pages_;
  std::optional<Result<std::unique_ptr<Recogniser>>> recogniser_;  // made for the first scan
  bool profiled_ = false;
  DocumentProfile profile_;
  std::map<int, std::unique_ptr<LoadedPage>> loaded_;  // read, not yet taken
  std::map<int, PageEdges> edges_;                     // of pages near the current one
};

}  // namespace loadline::pdf
