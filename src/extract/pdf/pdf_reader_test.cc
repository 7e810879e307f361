#include "extract/pdf/pdf_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "extract/pdf/ocr.h"
#include "extract/pdf/pdf_file.h"
#include "extract/pdf/properties.h"
#include "extract/pdf/test_pdf.h"

namespace loadline::pdf {
namespace {

constexpr float size = 10;

// Lines of running text at one margin, 12 points apart.
void lines(TestPage& page, float x, float y, const std::vector<std::string>& texts) {
  for (std::size_t at = 0; at < texts.size(); ++at)
    page.text(x, y + 12 * static_cast<float>(at), size, texts[at]);
}

std::string example(const char* name) {
  std::ifstream file(std::string(LOADLINE_SOURCE_DIR "/examples/bank/documents/") + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(PdfReader, JoinsLinesToParagraphsAndMendsDividedWords) {
  TestPdf pdf;
  lines(pdf.page(), 72, 100,
        {"The management of the harbour decides who may enter with what cargo, and the manage-",
         "ment does so every morning. A long-term lease is a lease with a long notice; its term",
         "ends after a long-", "term plan says so."});
  const ReadResult result = read_test_pdf(pdf.write());
  ASSERT_TRUE(result.status.ok());
  ASSERT_EQ(result.pages.size(), 1U);
  EXPECT_EQ(result.outline(),
            "paragraph The management of the harbour decides who may enter with what cargo, and the "
            "management does so "
            "every morning. A long-term lease is a lease with a long notice; its term ends after a long-term "
            "plan says "
            "so.\n");
}

TEST(PdfReader, SpacingIndentationAndShortLinesEndParagraphs) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  lines(page, 72, 100,
        {"The first paragraph fills its line up to the right margin and a bit of the next", "line."});
  lines(page, 72, 142,
        {"The second one stands apart from the first by a wide gap, and ends with a line that", "is short."});
  lines(page, 72, 166,
        {"The third begins without a gap, but the line before it had room for its first word."});
  EXPECT_EQ(
      read_test_pdf(pdf.write()).outline(),
      "paragraph The first paragraph fills its line up to the right margin and a bit of the next line.\n"
      "paragraph The second one stands apart from the first by a wide gap, and ends with a line that is "
      "short.\n"
      "paragraph The third begins without a gap, but the line before it had room for its first word.\n");
}

TEST(PdfReader, ExpandsLigaturesAndDropsControlCharacters) {
  TestPdf pdf;
  pdf.page().text(72, 100, size,
                  "The \xAE"
                  "rst \xAF"
                  "oor \x01\x02of the o\xAE"
                  "ce");
  EXPECT_EQ(read_test_pdf(pdf.write()).outline(), "paragraph The first floor of the ofice\n");
}

TEST(PdfReader, TellsHeadingsBySizeWeightAndNumbers) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  page.text(72, 80, 20, "Annual report");
  page.text(72, 120, 14, "Lending");
  page.text(72, 150, size, "4.2 Mortgages", TestFont::bold);
  lines(page, 72, 175,
        {"Mortgages are secured by a charge on land, and the land is valued once every", "three years."});
  page.text(72, 220, size, "Arrears", TestFont::bold);
  lines(page, 72, 240,
        {"A loan is in arrears when an instalment is late by more than thirty days after it", "fell due."});
  EXPECT_EQ(
      read_test_pdf(pdf.write()).outline(),
      "heading1 Annual report\nheading2 Lending\nheading4 4.2 Mortgages\n"
      "paragraph Mortgages are secured by a charge on land, and the land is valued once every three years.\n"
      "heading4 Arrears\n"
      "paragraph A loan is in arrears when an instalment is late by more than thirty days after it fell "
      "due.\n");
}

TEST(PdfReader, ListItemsKeepTheirMarksAndDepth) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  lines(page, 72, 80, {"The following documents are needed before an account can be opened in a branch:"});
  page.text(72, 104, size, "1.")
      .text(90, 104, size, "a passport or an identity card that is valid for at least another");
  page.text(90, 116, size, "three months;");
  page.text(90, 128, size, "(a)").text(108, 128, size, "with a translation where needed;");
  page.text(72, 140, size, "2.").text(90, 140, size, "a proof of address.");
  EXPECT_EQ(read_test_pdf(pdf.write()).outline(),
            "paragraph The following documents are needed before an account can be opened in a branch:\n"
            "item1 1. a passport or an identity card that is valid for at least another three months;\n"
            "item2 (a) with a translation where needed;\nitem1 2. a proof of address.\n");
}

const std::vector<std::string> left_column = {
    "Savings have grown in all of our", "branches since the spring, and the",
    "number of accounts with a standing", "order has doubled in the same time,",
    "as the table below this text shows."};
const std::vector<std::string> right_column = {
    "Loans went the other way, because", "higher rates made many customers",
    "wait for better days before they", "would take on new debts for a new",
    "roof or for a kitchen with a view."};

TEST(PdfReader, ReadsTwoColumnsOneAfterTheOther) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  page.text(72, 80, 16, "Half-year letter to the shareholders of the bank");
  // Written line by line across both columns, as some programs do; the right one a little lower.
  for (std::size_t at = 0; at < left_column.size(); ++at) {
    const float y = 120 + 12 * static_cast<float>(at);
    page.text(72, y, size, left_column[at]);
    page.text(320, y + 5, size, right_column[at]);
  }
  lines(page, 72, 220,
        {"Below the columns a line runs over the full width of the page and ends the letter properly."});
  EXPECT_EQ(read_test_pdf(pdf.write()).outline(),
            "heading2 Half-year letter to the shareholders of the bank\n"
            "paragraph Savings have grown in all of our branches since the spring, and the number of "
            "accounts with a "
            "standing order has doubled in the same time, as the table below this text shows.\n"
            "paragraph Loans went the other way, because higher rates made many customers wait for better "
            "days before "
            "they would take on new debts for a new roof or for a kitchen with a view.\n"
            "paragraph Below the columns a line runs over the full width of the page and ends the letter "
            "properly.\n");
}

TEST(PdfReader, BoxesAreInTheReadersViewOfRotatedPages) {
  for (const int rotation : {0, 90, 180, 270}) {
    TestPdf pdf;
    pdf.page(600, 800).rotate(rotation).text(100, 50, 20, "Upright before rotation");
    const ReadResult result = read_test_pdf(pdf.write());
    ASSERT_EQ(result.pages.size(), 1U);
    const ExtractedPage& page = result.pages[0];
    ASSERT_EQ(page.blocks.size(), 1U) << rotation;
    EXPECT_EQ(page.blocks[0].text, "Upright before rotation");
    EXPECT_EQ(page.width, rotation % 180 == 0 ? 600 : 800);
    EXPECT_EQ(page.height, rotation % 180 == 0 ? 800 : 600);
    const Box& box = page.blocks[0].box;
    // The corner of the text that was top left at about (101, 35).
    const float x = rotation == 0 ? box.x0 : rotation == 90 ? box.x1 : rotation == 180 ? box.x1 : box.x0;
    const float y = rotation == 0 ? box.y0 : rotation == 90 ? box.y0 : rotation == 180 ? box.y1 : box.y1;
    const float wanted_x[] = {101, 800 - 35, 600 - 101, 35}, wanted_y[] = {35, 101, 800 - 35, 600 - 101};
    EXPECT_NEAR(x, wanted_x[rotation / 90], 3) << rotation;
    EXPECT_NEAR(y, wanted_y[rotation / 90], 3) << rotation;
  }
}

TEST(PdfReader, TextThatRunsUpwardsIsReadInItsOwnDirection) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  lines(page, 72, 100,
        {"Most of the page runs from left to right, as pages do, and says so in several words."});
  page.text_up(40, 600, size, "Filed in the margin");
  const ReadResult result = read_test_pdf(pdf.write());
  ASSERT_EQ(result.pages[0].blocks.size(), 2U);
  const Block& margin = result.pages[0].blocks[1];
  EXPECT_EQ(margin.text, "Filed in the margin");
  EXPECT_NEAR(margin.box.x1, 40, 4);
  EXPECT_NEAR(margin.box.y1, 600, 4);
  EXPECT_LT(margin.box.x1 - margin.box.x0, 15);
}

TEST(PdfReader, RunningLinesAreToldFromText) {
  TestPdf pdf;
  for (int number = 1; number <= 6; ++number) {
    TestPage& page = pdf.page();
    page.text(72, 40, 8, "Harbour Bank annual report");
    page.text(280, 760, 8, "Page " + std::to_string(number + 10) + " of 60");
    lines(page, 72, 100,
          {"Page text number " + std::to_string(number * 37) + " is different on every page of it."});
    if (number > 3)
      page.text(72, 60, 14, "Statement of cash flows");
    else
      page.text(72, 60, 14, "Chapter title " + std::string(static_cast<std::size_t>(number), 'x'));
  }
  const ReadResult result = read_test_pdf(pdf.write());
  ASSERT_EQ(result.pages.size(), 6U);
  for (std::size_t page = 0; page < 6; ++page) {
    const std::string outline = result.outline(page);
    EXPECT_TRUE(outline.starts_with("header Harbour Bank annual report\n")) << outline;
    EXPECT_NE(outline.find("footer Page " + std::to_string(page + 11) + " of 60\n"), std::string::npos)
        << outline;
    EXPECT_NE(outline.find("paragraph Page text number"), std::string::npos) << outline;
  }
  EXPECT_NE(result.outline(1).find("Chapter title xx"), std::string::npos);
  EXPECT_EQ(result.outline(1).find("header Chapter"), std::string::npos);
}

TEST(PdfReader, ReadingFromTheMiddleGivesTheSamePages) {
  TestPdf pdf;
  for (int number = 1; number <= 20; ++number) {
    TestPage& page = pdf.page();
    page.text(72, 40, 8, number < 11 ? "First part" : "Second part");
    page.text(300, 760, 8, std::to_string(number));
    lines(page, 72, 100,
          {"Page text number " + std::to_string(number * 37) + " is different on every page."});
  }
  const std::string bytes = pdf.write();
  const ReadResult all = read_test_pdf(bytes);
  ASSERT_EQ(all.pages.size(), 20U);
  for (int first = 1; first <= 20; ++first) {
    const ReadResult rest = read_test_pdf(bytes, first);
    ASSERT_EQ(rest.pages.size(), static_cast<std::size_t>(21 - first));
    for (std::size_t at = 0; at < rest.pages.size(); ++at) {
      EXPECT_EQ(rest.pages[at].number, first + static_cast<int>(at));
      EXPECT_EQ(rest.outline(at), all.outline(static_cast<std::size_t>(first) - 1 + at));
    }
  }
}

TEST(PdfReader, PropertiesLeaveOutWhatProgramsWrite) {
  TestPdf pdf;
  pdf.title("Annual report 2025");
  pdf.page().text(72, 100, size, "Text");
  const ReadResult result = read_test_pdf(pdf.write());
  EXPECT_EQ(result.properties.media_type, "application/pdf");
  EXPECT_EQ(result.properties.title, "Annual report 2025");
  EXPECT_EQ(result.properties.created, "2024-01-31T12:00:00");
  EXPECT_EQ(result.properties.page_count, 1);
  for (const char* title :
       {"Microsoft Word - letter.doc", "letter final.docx", "untitled", "d10k_2022", "R-4711", ""})
    EXPECT_EQ(sensible_title(title), "") << title;
  EXPECT_EQ(sensible_title("  Annual\n report "), "Annual report");
  EXPECT_EQ(readable_date("D:2023"), "2023");
  EXPECT_EQ(readable_date("yesterday"), "yesterday");
}

TEST(PdfReader, BadFilesGetASentence) {
  TestPdf pdf;
  pdf.page().text(72, 100, size, "Text");
  const std::string good = pdf.write();
  const auto message = [](const std::string& bytes) {
    const ReadResult result = read_test_pdf(bytes);
    EXPECT_FALSE(result.status.ok());
    if (result.status.ok()) return std::string();
    EXPECT_EQ(result.status.error().code(), Code::invalid_argument);
    return result.status.error().message();
  };
  EXPECT_NE(message("%PDF-1.7\njunk").find("truncated"), std::string::npos);
  EXPECT_NE(message(good.substr(0, 200)).find("truncated"), std::string::npos);
  EXPECT_NE(message("%PDF-1.7\n" + std::string(5000, '\x80') + "%%EOF").find("damaged"), std::string::npos);
  TestPdf locked;
  locked.page().text(72, 100, size, "Secret");
  locked.lock();
  EXPECT_NE(message(locked.write()).find("needs a password"), std::string::npos);
}

TEST(PdfReader, ADamagedPageIsLostAloneAndSaysWhy) {
  TestPdf pdf;
  pdf.page().text(72, 100, size, "First page");
  pdf.damaged_page();
  pdf.page().text(72, 100, size, "Third page");
  const ReadResult result = read_test_pdf(pdf.write());
  ASSERT_TRUE(result.status.ok());
  ASSERT_EQ(result.pages.size(), 3U);
  EXPECT_EQ(result.outline(0), "paragraph First page\n");
  EXPECT_NE(result.pages[1].lost_reason, "");
  EXPECT_EQ(result.pages[1].number, 2);
  EXPECT_EQ(result.outline(2), "paragraph Third page\n");
}

// Remembers what was begun, and forbids one page.
struct TestHost final : ReaderHost {
  bool begins(int page) override {
    begun.push_back(page);
    return page != forbidden;
  }
  void needs(ForeignLibrary library) override { needed.add(library); }
  ForeignLibrarySet needed;
  std::vector<int> begun;
  int forbidden = 0;
};

TEST(PdfReader, SaysWhichPageItIsAtAndLeavesForbiddenPagesAlone) {
  TestPdf pdf;
  for (int number = 1; number <= 30; ++number)
    pdf.page().text(72, 100, size, "Text " + std::to_string(number));
  const std::string bytes = pdf.write();
  for (const int forbidden : {1, 4, 17, 30}) {
    TestHost host;
    host.forbidden = forbidden;
    ReadResult result;
    ReadBudget budget;
    ReadInput input;
    input.bytes = std::as_bytes(std::span(bytes));
    input.budget = &budget;
    input.host = &host;
    ASSERT_TRUE(read_pdf(input, result).ok());
    ASSERT_EQ(result.pages.size(), 30U);
    EXPECT_TRUE(host.needed.contains(ForeignLibrary::pdfium));
    EXPECT_FALSE(host.needed.contains(ForeignLibrary::tesseract));
    for (const ExtractedPage& page : result.pages)
      EXPECT_EQ(page.lost_reason.empty(), page.number != forbidden);
    std::sort(host.begun.begin(), host.begun.end());
    for (int number = 1; number <= 30; ++number)
      EXPECT_EQ(host.begun[static_cast<std::size_t>(number) - 1], number);
  }
}

TEST(PdfReader, AnEmptyPageIsNotLost) {
  TestPdf pdf;
  pdf.page();
  const ReadResult result = read_test_pdf(pdf.write());
  ASSERT_EQ(result.pages.size(), 1U);
  EXPECT_EQ(result.pages[0].lost_reason, "");
  EXPECT_TRUE(result.pages[0].blocks.empty());
}

TEST(PdfReader, StopsWhenTheSinkWantsNoMore) {
  TestPdf pdf;
  for (int page = 0; page < 4; ++page) pdf.page().text(72, 100, size, "Text");
  const std::string bytes = pdf.write();
  ReadResult result;
  result.stop_after = 2;
  ReadBudget budget;
  ReadInput input;
  input.bytes = std::as_bytes(std::span(bytes));
  input.budget = &budget;
  const Status status = read_pdf(input, result);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), Code::cancelled);
  EXPECT_EQ(result.pages.size(), 2U);
}

TEST(PdfReader, TheBoundOnPagesIsNamedAndThePagesBeforeItAreGiven) {
  TestPdf pdf;
  for (int page = 0; page < pdf_pages_max + 2; ++page) pdf.page();
  const ReadResult result = read_test_pdf(pdf.write());
  ASSERT_FALSE(result.status.ok());
  EXPECT_EQ(result.status.error().code(), Code::resource_exhausted);
  EXPECT_NE(result.status.error().message().find("20000"), std::string::npos);
  EXPECT_EQ(result.pages.size(), static_cast<std::size_t>(pdf_pages_max));
  EXPECT_EQ(result.properties.page_count, pdf_pages_max + 2);
}

TEST(PdfReader, OpensFilesThatAreEncryptedWithTheEmptyPassword) {
  const std::string bytes = example("capital_disclosures_2025.pdf");
  ASSERT_NE(bytes.find("/Encrypt"), std::string::npos);
  const ReadResult result = read_test_pdf(bytes);
  ASSERT_TRUE(result.status.ok());
  EXPECT_GE(result.pages.size(), 2U);
  for (const ExtractedPage& page : result.pages) EXPECT_EQ(page.lost_reason, "");
  EXPECT_NE(result.outline(0).find("apital"), std::string::npos);
}

// A page of text, drawn to grey pixels, `turn` quarter turns clockwise.
std::string drawn_page(int width, int height, int turn) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  lines(page, 72, 100,
        {"The safe deposit box may be opened by two persons together,",
         "one of whom must be an officer of the bank.",
         "The rent is due on the first day of March of every year."});
  const std::string bytes = pdf.write();
  const Result<const PdfiumApi*> api = load_pdfium();
  const Result<PdfFile> file = PdfFile::open(**api, std::as_bytes(std::span(bytes)));
  const PdfPage drawn(*file, 0);
  std::string pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), '\xFF');
  FpdfBitmap* const bitmap = (*api)->Bitmap_CreateEx(width, height, fpdf_bitmap_gray, pixels.data(), width);
  (*api)->_RenderPageBitmap(bitmap, drawn.handle(), 0, 0, width, height, turn, fpdf_render_grayscale);
  (*api)->Bitmap_Destroy(bitmap);
  return pixels;
}

TEST(PdfReader, ScansAreRecognisedWithPlaces) {
  ASSERT_TRUE(prepare_ocr().ok()) << "install tesseract-ocr-eng (tools/setup does)";
  TestPdf pdf;
  pdf.page().image(1700, 2200, drawn_page(1700, 2200, 0));
  const ReadResult result = read_test_pdf(pdf.write());
  ASSERT_EQ(result.pages.size(), 1U);
  EXPECT_TRUE(result.pages[0].recognised);
  EXPECT_EQ(result.outline(),
            "paragraph The safe deposit box may be opened by two persons together, one of whom must be an "
            "officer of "
            "the bank.\nparagraph The rent is due on the first day of March of every year.\n");
  const Box& box = result.pages[0].blocks[0].box;
  EXPECT_NEAR(box.x0, 72, 4);
  EXPECT_NEAR(box.y0, 92, 4);
}

TEST(PdfReader, APictureThatCannotBeDrawnIsALostPage) {
  TestPdf pdf;
  pdf.page().image(200'000, 200'000, std::string(1000, '\x20'));
  const ReadResult result = read_test_pdf(pdf.write());
  ASSERT_EQ(result.pages.size(), 1U);
  EXPECT_NE(result.pages[0].lost_reason.find("too large to be drawn"), std::string::npos);
}

TEST(PdfReader, ABlankScanIsNotLost) {
  TestPdf pdf;
  pdf.page().image(170, 220, std::string(170 * 220, '\xFF'));
  const ReadResult result = read_test_pdf(pdf.write());
  ASSERT_EQ(result.pages.size(), 1U);
  EXPECT_EQ(result.pages[0].lost_reason, "");
}

TEST(PdfReader, ScansThatLieOnTheirSideAreTurned) {
  TestPdf pdf;
  pdf.page(792, 612).image(2200, 1700, drawn_page(2200, 1700, 1));
  const ReadResult result = read_test_pdf(pdf.write());
  ASSERT_EQ(result.pages.size(), 1U);
  EXPECT_NE(result.outline().find("The rent is due on the first day of March"), std::string::npos)
      << result.outline();
  ASSERT_FALSE(result.pages[0].blocks.empty());
  // Text that ran right at the top now runs down at the right.
  EXPECT_GT(result.pages[0].blocks[0].box.x0, 640);
}

TEST(PdfReader, AScanWithoutRecognitionIsALostPageWithAReason) {
  TestPdf pdf;
  pdf.page().image(170, 220, drawn_page(170, 220, 0));
  const ReadResult result = read_test_pdf(pdf.write(), 1, false);
  ASSERT_EQ(result.pages.size(), 1U);
  EXPECT_NE(result.pages[0].lost_reason.find("scan"), std::string::npos);
}

TEST(PdfReader, RandomPagesLoseNoLetterAndKeepBoxesOnThePage) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const auto up_to = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  for (int round = 0; round < 40; ++round) {
    TestPdf pdf;
    TestPage& page = pdf.page();
    std::string letters;
    const int rows = 1 + up_to(30);
    for (int row = 0; row < rows; ++row) {
      const float y = 40 + 24 * static_cast<float>(row);
      float x = 30 + static_cast<float>(up_to(100));
      while (x < 520) {
        std::string word;
        for (int letter = up_to(6); letter >= 0; --letter)
          word += up_to(3) == 0 ? static_cast<char>('0' + up_to(9)) : static_cast<char>('a' + up_to(25));
        page.text(x, y, 10, word, up_to(9) == 0 ? TestFont::bold : TestFont::regular);
        letters += word;
        x += 10 * static_cast<float>(word.size()) * 0.62F + static_cast<float>(up_to(60));
      }
    }
    const ReadResult result = read_test_pdf(pdf.write());
    ASSERT_EQ(result.pages.size(), 1U);
    std::sort(letters.begin(), letters.end());
    EXPECT_EQ(letters_of(result.pages[0]), letters) << result.outline();
    for (const Block& block : result.pages[0].blocks) {
      EXPECT_FALSE(block.box.empty());
      EXPECT_TRUE(block.box.x0 >= 0 && block.box.x1 <= 612 && block.box.y0 >= 0 && block.box.y1 <= 792);
    }
  }
}

}  // namespace
}  // namespace loadline::pdf
