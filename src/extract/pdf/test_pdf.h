#pragma once
// Small PDF files for tests, written by hand: text at places, rules, grey images. Points, origin at the top
// left of the unrotated page.
#include <string>
#include <string_view>
#include <vector>

#include "extract/reader.h"
#include "model/document_extractor.h"

namespace loadline::pdf {

enum class TestFont { regular, bold, italic };

class TestPage {
 public:
  TestPage& text(float x, float y, float size, std::string_view text, TestFont font = TestFont::regular);
  /// Ends at x; for digits, "$(),.%-" and spaces, whose widths it knows.
  TestPage& text_to(float x, float y, float size, std::string_view text, TestFont font = TestFont::regular);
  /// Text that runs upwards (turned a quarter counter-clockwise).
  TestPage& text_up(float x, float y, float size, std::string_view text);
  TestPage& rule(float x0, float y, float x1);
  /// Covers the page with a grey picture.
  TestPage& image(int width, int height, std::string pixels);
  TestPage& rotate(int degrees);

 private:
  friend class TestPdf;
  float width_ = 612, height_ = 792;
  int rotation_ = 0;
  std::string content_;
  int image_width_ = 0, image_height_ = 0;
  std::string pixels_;
  bool damaged_ = false;
};

class TestPdf {
 public:
  TestPage& page(float width = 612, float height = 792);
  /// A page whose object is missing.
  void damaged_page();
  void title(std::string_view text) { title_ = text; }
  /// Asks for a password that nobody knows.
  void lock() { locked_ = true; }
  std::string write() const;

 private:
  std::vector<TestPage> pages_;
  std::string title_;
  bool locked_ = false;
};

/// What a reader gave.
struct ReadResult final : PageSink {
  bool on_properties(const DocumentProperties& stated) override { return properties = stated, true; }
  bool on_page(ExtractedPage page) override {
    pages.push_back(std::move(page));
    return pages.size() < stop_after;
  }
  /// One line a block: "heading1 text", "paragraph text", ...; tables as their text.
  std::string outline(std::size_t page = 0) const;
  /// The only table of the page; fails the test if there is another number of them.
  const Table& table(std::size_t page = 0) const;

  DocumentProperties properties;
  std::vector<ExtractedPage> pages;
  std::size_t stop_after = static_cast<std::size_t>(-1);
  Status status;
};

ReadResult read_test_pdf(const std::string& bytes, int first_page = 1, bool recognise_scans = true);

/// All letters and digits of a page's blocks, sorted: what must not get lost.
std::string letters_of(const ExtractedPage& page);

}  // namespace loadline::pdf
