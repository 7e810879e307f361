#pragma once
// How readers of formats without pages of their own make pages: blocks in, numbered pages to a sink.
//
// A page ends where the reader says so (page break, slide, sheet) or when it has become too long to cite. Not
// thread-safe; the sink must outlive it.
#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/document_extractor.h"

namespace loadline {

/// A page without breaks is cut behind the block with which its text becomes longer than this.
inline constexpr std::size_t page_text_bytes_max = std::size_t{1} << 20;

/// A block of kind table with its text; the grid must have cells.
Block table_block(Table table, Box box);

class PageWriter {
 public:
  explicit PageWriter(PageSink& sink) : sink_(sink) {}

  /// The next page is this large, in points.
  void set_size(float width, float height) { width_ = width, height_ = height; }
  /// Blocks without text are left out. Errors are the sink's: `cancelled` if it wants no more.
  Status add(Block block);
  Status add(BlockKind kind, int level, std::string text);
  /// Its text is set to table_text. A table without cells is left out.
  Status add(Table table, Box box = {});
  /// Ends the page, also an empty one.
  Status end_page();
  /// Ends the last page if it has blocks or is the only one.
  Status finish();
  int pages() const { return page_.number - 1; }
  bool page_is_empty() const { return page_.blocks.empty(); }

 private:
  static ExtractedPage numbered_page(int number) {
    ExtractedPage page;
    page.number = number;
    return page;
  }

  PageSink& sink_;
  ExtractedPage page_ = numbered_page(1);
  std::size_t page_bytes_ = 0;
  float width_ = 0, height_ = 0;
};

/// Keeps pages, to be given on when the number of them is known. Bounded by the size of what is read.
class PageBuffer final : public PageSink {
 public:
  bool on_properties(const DocumentProperties&) override { return true; }
  bool on_page(ExtractedPage page) override {
    pages_.push_back(std::move(page));
    return true;
  }
  std::vector<ExtractedPage>& pages() { return pages_; }
  /// Properties with the page count filled in, then the pages from `first_page` on.
  Status give(DocumentProperties properties, int first_page, PageSink& sink);

 private:
  std::vector<ExtractedPage> pages_;
};

/// Only counts.
class PageCounter final : public PageSink {
 public:
  bool on_properties(const DocumentProperties&) override { return true; }
  bool on_page(ExtractedPage) override { return ++pages_, true; }
  int pages() const { return pages_; }

 private:
  int pages_ = 0;
};

/// Lets pages from `first_page` on through.
class PagesFrom final : public PageSink {
 public:
  PagesFrom(PageSink& sink, int first_page) : sink_(sink), first_page_(first_page) {}
  bool on_properties(const DocumentProperties& properties) override {
    return sink_.on_properties(properties);
  }
  bool on_page(ExtractedPage page) override {
    return page.number < first_page_ || sink_.on_page(std::move(page));
  }

 private:
  PageSink& sink_;
  const int first_page_;
};

/// What a reader returns when the sink wants no more.
Error sink_stopped();

}  // namespace loadline
