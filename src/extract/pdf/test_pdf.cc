#include "extract/pdf/test_pdf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "extract/pdf/pdf_reader.h"

namespace loadline::pdf {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '(' || c == ')' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

const char* font_name(TestFont font) {
  return font == TestFont::bold ? "/FB" : font == TestFont::italic ? "/FI" : "/FR";
}

// Widths of Helvetica's figures, in thousandths.
double width_of(std::string_view text) {
  double width = 0;
  for (const char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '$')
      width += 556;
    else if (c == '(' || c == ')' || c == '-')
      width += 333;
    else if (c == '%')
      width += 889;
    else
      width += 278;
  }
  return width / 1000;
}

}  // namespace

TestPage& TestPage::text(float x, float y, float size, std::string_view text, TestFont font) {
  content_ += std::string("BT ") + font_name(font) + " " + number(size) + " Tf " + number(x) + " " +
              number(height_ - y) + " Td (" + escaped(text) + ") Tj ET\n";
  return *this;
}

TestPage& TestPage::text_to(float x, float y, float size, std::string_view shown, TestFont font) {
  return text(x - static_cast<float>(width_of(shown)) * size, y, size, shown, font);
}

TestPage& TestPage::text_up(float x, float y, float size, std::string_view text) {
  content_ += "BT /FR " + number(size) + " Tf 0 1 -1 0 " + number(x) + " " + number(height_ - y) + " Tm (" +
              escaped(text) + ") Tj ET\n";
  return *this;
}

TestPage& TestPage::rule(float x0, float y, float x1) {
  content_ += number(x0) + " " + number(height_ - y) + " " + number(x1 - x0) + " 0.8 re f\n";
  return *this;
}

TestPage& TestPage::image(int width, int height, std::string pixels) {
  image_width_ = width;
  image_height_ = height;
  pixels_ = std::move(pixels);
  content_ += "q " + number(width_) + " 0 0 " + number(height_) + " 0 0 cm /I Do Q\n";
  return *this;
}

TestPage& TestPage::rotate(int degrees) {
  rotation_ = degrees;
  return *this;
}

TestPage& TestPdf::page(float width, float height) {
  TestPage& page = pages_.emplace_back();
  page.width_ = width;
  page.height_ = height;
  return page;
}

void TestPdf::damaged_page() { pages_.emplace_back().damaged_ = true; }

std::string TestPdf::write() const {
  std::vector<std::string> objects;  // number 1 is the first
  const auto add = [&](std::string object) {
    objects.push_back(std::move(object));
    return std::to_string(objects.size());
  };
  const auto stream = [](const std::string& entries, const std::string& bytes) {
    return "<<" + entries + "/Length " + std::to_string(bytes.size()) + ">>\nstream\n" + bytes +
           "\nendstream";
  };
  const auto font = [](const char* base) {
    return std::string("<</Type/Font/Subtype/Type1/Encoding/StandardEncoding/BaseFont/") + base + ">>";
  };
  add("<</Type/Catalog/Pages 2 0 R>>");
  add("");  // the page tree, when its pages are known
  const std::string fonts = "/Font<</FR " + add(font("Helvetica")) + " 0 R/FB " +
                            add(font("Helvetica-Bold")) + " 0 R/FI " + add(font("Helvetica-Oblique")) +
                            " 0 R>>";
  std::string kids;
  for (const TestPage& page : pages_) {
    if (page.damaged_) {
      kids += "999999 0 R ";
      continue;
    }
    std::string resources = fonts;
    if (!page.pixels_.empty())
      resources +=
          "/XObject<</I " +
          add(stream("/Type/XObject/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8/Width " +
                         std::to_string(page.image_width_) + "/Height " + std::to_string(page.image_height_),
                     page.pixels_)) +
          " 0 R>>";
    const std::string content = add(stream("", page.content_));
    kids += add("<</Type/Page/Parent 2 0 R/MediaBox[0 0 " + number(page.width_) + " " + number(page.height_) +
                "]/Rotate " + std::to_string(page.rotation_) + "/Resources<<" + resources + ">>/Contents " +
                content + " 0 R>>") +
            " 0 R ";
  }
  objects[1] = "<</Type/Pages/Count " + std::to_string(pages_.size()) + "/Kids[" + kids + "]>>";
  std::string trailer = "/Root 1 0 R";
  if (!title_.empty())
    trailer += "/Info " + add("<</Title(" + escaped(title_) + ")/CreationDate(D:20240131120000Z)>>") + " 0 R";
  if (locked_) {
    const std::string digest(64, 'A');
    trailer += "/ID[<00><00>]/Encrypt " +
               add("<</Filter/Standard/V 1/R 2/P -4/O<" + digest + ">/U<" + digest + ">>>") + " 0 R";
  }
  std::string file = "%PDF-1.7\n";
  std::string table = "xref\n0 " + std::to_string(objects.size() + 1) + "\n0000000000 65535 f \n";
  for (std::size_t at = 0; at < objects.size(); ++at) {
    char entry[32];
    std::snprintf(entry, sizeof entry, "%010zu 00000 n \n", file.size());
    table += entry;
    file += std::to_string(at + 1) + " 0 obj\n" + objects[at] + "\nendobj\n";
  }
  const std::string start = std::to_string(file.size());
  return file + table + "trailer\n<<" + trailer + "/Size " + std::to_string(objects.size() + 1) +
         ">>\nstartxref\n" + start + "\n%%EOF\n";
}

std::string ReadResult::outline(std::size_t page) const {
  std::string out;
  if (page >= pages.size()) return "no such page";
  for (const Block& block : pages[page].blocks) {
    static constexpr const char* names[] = {"heading", "paragraph", "item", "table", "header", "footer"};
    out += names[static_cast<std::size_t>(block.kind)];
    if (block.level > 0) out += std::to_string(block.level);
    out += " " + block.text + "\n";
  }
  return out;
}

const Table& ReadResult::table(std::size_t page) const {
  static const Table none;
  const Table* found = nullptr;
  int count = 0;
  for (const Block& block : pages.at(page).blocks)
    if (block.table) found = &*block.table, ++count;
  EXPECT_EQ(count, 1) << outline(page);
  return found != nullptr ? *found : none;
}

ReadResult read_test_pdf(const std::string& bytes, int first_page, bool recognise_scans) {
  ReadResult result;
  ReadBudget budget;
  ReadInput input;
  input.bytes = std::as_bytes(std::span(bytes));
  input.file_name = "test.pdf";
  input.first_page = first_page;
  input.recognise_scans = recognise_scans;
  input.budget = &budget;
  result.status = read_pdf(input, result);
  return result;
}

std::string letters_of(const ExtractedPage& page) {
  std::string letters;
  for (const Block& block : page.blocks)
    for (const char c : block.text)
      if (std::isalnum(static_cast<unsigned char>(c)) != 0) letters += c;
  std::sort(letters.begin(), letters.end());
  return letters;
}

}  // namespace loadline::pdf
