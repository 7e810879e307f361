#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "extract/pdf/pdf_reader.h"
#include "extract/pdf/test_pdf.h"

namespace loadline::pdf {
namespace {

constexpr float size = 10;

// A statement's row: figures end at these places, with the sign far from the digits.
void row(TestPage& page, float y, const std::string& label, const std::vector<std::string>& figures,
         bool dollars = false) {
  page.text(72, y, size, label);
  const float ends[] = {400, 470, 540};
  for (std::size_t at = 0; at < figures.size(); ++at) {
    if (dollars) page.text(ends[at] - 52, y, size, "$");
    const bool negative = figures[at].back() == ')';
    page.text_to(negative ? ends[at] + 3.33F : ends[at], y, size, figures[at]);
  }
}

TEST(PdfTables, KeepsFiguresWithTheirLabelsAndHeadersWithoutRulingLines) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  page.text(230, 60, size, "INCOME STATEMENT", TestFont::bold);
  page.text(400, 84, 8, "Year Ended December 31,", TestFont::bold);
  page.text_to(400, 96, 8, "2025", TestFont::bold)
      .text_to(470, 96, 8, "2024", TestFont::bold)
      .text_to(540, 96, 8, "2023", TestFont::bold);
  row(page, 112, "Interest income", {"1,234", "1,100", "980"}, true);
  row(page, 124, "Interest expense", {"(517)", "(420)", "(12)"});
  page.text(72, 136, size, "Other income:");
  row(page, 148, "Fees", {"88", "7", "-"});
  page.text(72, 160, size, "Gains on the sale of buildings and of other property,");
  row(page, 172, "net of cost", {"3", "2", "1"});
  row(page, 184, "Total income", {"808", "689", "969"}, true);
  const ReadResult result = read_test_pdf(pdf.write());
  const Table& table = result.table();
  EXPECT_EQ(table.columns, 4U);
  EXPECT_EQ(table.header_rows, 2U);
  EXPECT_EQ(table.caption, "INCOME STATEMENT");
  EXPECT_EQ(
      table_text(table),
      " | Year Ended December 31,\n | 2025 | 2024 | 2023\n"
      "Interest income | $1,234 | $1,100 | $980\nInterest expense | (517) | (420) | (12)\nOther income:\n"
      "Fees | 88 | 7 | -\nGains on the sale of buildings and of other property, net of cost | 3 | 2 | 1\n"
      "Total income | $808 | $689 | $969");
  EXPECT_EQ(table.cells[0].column, 1U);
  EXPECT_EQ(table.cells[0].column_span, 3U);
  for (const TableCell& cell : table.cells) EXPECT_FALSE(cell.box.empty()) << cell.text;
}

TEST(PdfTables, LeadersPercentSignsAndFootnoteMarksGoWithTheirFigures) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  page.text_to(400, 80, size, "2025").text_to(500, 80, size, "2024");
  page.text(72, 96, size, "Growth . . . . . . . . . . . . . . . . . . . .")
      .text_to(400, 96, size, "12.5")
      .text(402, 96, size, "%");
  page.text_to(500, 96, size, "(3.1").text(502, 96, size, ")%");
  page.text(72, 108, size, "Cost income ratio............")
      .text_to(400, 108, size, "61")
      .text(402, 104, 6, "(1)");
  page.text_to(500, 108, size, "64");
  const ReadResult result = read_test_pdf(pdf.write());
  EXPECT_EQ(table_text(result.table()),
            " | 2025 | 2024\nGrowth | 12.5% | (3.1)%\nCost income ratio | 61 (1) | 64");
  EXPECT_EQ(result.table().header_rows, 1U);
}

TEST(PdfTables, HeadersOfSeveralLinesBecomeOneCellPerColumn) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  page.text(352, 70, 8, "Average").text(352, 80, 8, "amount of");
  page.text(72, 90, 8, "Branch").text(352, 90, 8, "a loan").text(450, 90, 8, "Loans");
  for (int at = 0; at < 4; ++at) {
    const float y = 106 + 14 * static_cast<float>(at);
    page.text(72, y, size, "Branch number " + std::string(1, static_cast<char>('A' + at)));
    page.text_to(380, y, size, "4," + std::to_string(100 + at))
        .text_to(475, y, size, std::to_string(17 + at));
  }
  const ReadResult result = read_test_pdf(pdf.write());
  EXPECT_EQ(result.table().header_rows, 1U);
  EXPECT_EQ(table_row_text(result.table(), 0), "Branch | Average amount of a loan | Loans");
  EXPECT_EQ(table_row_text(result.table(), 1), "Branch number A | 4,100 | 17");
}

TEST(PdfTables, GroupsOfColumnsSpanTheirColumns) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  page.text(294, 80, size, "Savings").text(458, 80, size, "Loans");
  const float ends[] = {290, 350, 450, 510};
  const char* years[] = {"2025", "2024", "2025", "2024"};
  for (int at = 0; at < 4; ++at) page.text_to(ends[at], 94, size, years[at]);
  for (int line = 0; line < 3; ++line) {
    const float y = 110 + 14 * static_cast<float>(line);
    page.text(72, y, size, "Region " + std::string(1, static_cast<char>('A' + line)));
    for (int at = 0; at < 4; ++at) page.text_to(ends[at], y, size, std::to_string(100 + 10 * line + at));
  }
  const ReadResult result = read_test_pdf(pdf.write());
  const Table& table = result.table();
  ASSERT_EQ(table.header_rows, 2U);
  ASSERT_GE(table.cells.size(), 2U);
  EXPECT_EQ(table.cells[0].text, "Savings");
  EXPECT_EQ(table.cells[0].column, 1U);
  EXPECT_EQ(table.cells[0].column_span, 2U);
  EXPECT_EQ(table.cells[1].text, "Loans");
  EXPECT_EQ(table.cells[1].column, 3U);
  EXPECT_EQ(table.cells[1].column_span, 2U);
}

TEST(PdfTables, RuledTablesOfTextKeepWrappedCellsTogether) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  const float y0 = 100;
  page.text(76, y0, size, "Service", TestFont::bold)
      .text(200, y0, size, "What it is", TestFont::bold)
      .text(430, y0, size, "Charge", TestFont::bold);
  page.rule(72, y0 + 6, 540);
  page.text(76, y0 + 20, size, "Standing order")
      .text(200, y0 + 20, size, "A payment of the same amount")
      .text(430, y0 + 20, size, "none");
  page.text(200, y0 + 32, size, "Every month or quarter");
  page.rule(72, y0 + 38, 540);
  page.text(76, y0 + 52, size, "Cheque")
      .text(200, y0 + 52, size, "A written order to pay")
      .text(430, y0 + 52, size, "50 pence");
  page.rule(72, y0 + 58, 540);
  page.text(76, y0 + 72, size, "Bank draft")
      .text(200, y0 + 72, size, "A cheque drawn on the bank")
      .text(430, y0 + 72, size, "10 pounds");
  page.text(200, y0 + 84, size, "Itself");
  page.rule(72, y0 + 90, 540);
  const ReadResult result = read_test_pdf(pdf.write());
  const Table& table = result.table();
  EXPECT_EQ(table.header_rows, 1U);
  EXPECT_EQ(table_text(table),
            "Service | What it is | Charge\n"
            "Standing order | A payment of the same amount Every month or quarter | none\n"
            "Cheque | A written order to pay | 50 pence\nBank draft | A cheque drawn on the bank Itself | 10 "
            "pounds");
}

TEST(PdfTables, RowsOfTextAboveTheFirstFigureAreNoHeader) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  const std::vector<std::pair<std::string, std::string>> lines = {{"Item", "Entry"},
                                                                  {"Renter", "Mrs Josephine Aldercott"},
                                                                  {"Address", "Weaver Row, Ardmoyle"},
                                                                  {"Box number", "87"},
                                                                  {"Rent", "118.00"}};
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const float y = 100 + 21 * static_cast<float>(at);
    page.text(80, y, size, lines[at].first).text(260, y, size, lines[at].second);
  }
  const ReadResult result = read_test_pdf(pdf.write());
  EXPECT_EQ(result.table().header_rows, 1U);
  EXPECT_EQ(table_text(result.table()),
            "Item | Entry\nRenter | Mrs Josephine Aldercott\nAddress | Weaver Row, Ardmoyle\n"
            "Box number | 87\nRent | 118.00");
}

TEST(PdfTables, DashesBesideTheFiguresStandInTheirColumn) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  page.text_to(440, 80, size, "2025").text_to(520, 80, size, "2024");
  page.text(72, 94, size, "Own shares").text(444, 94, size, "-").text(524, 94, size, "-");
  page.text(72, 108, size, "Capital").text_to(440, 108, size, "1,200").text(524, 108, size, "-");
  page.text(72, 122, size, "Reserves").text_to(440, 122, size, "900").text_to(520, 122, size, "800");
  const ReadResult result = read_test_pdf(pdf.write());
  EXPECT_EQ(table_text(result.table()),
            " | 2025 | 2024\nOwn shares | - | -\nCapital | 1,200 | -\nReserves | 900 | 800");
}

TEST(PdfTables, ProseWithNumbersIsNoTable) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  const std::vector<std::string> lines = {
      "In 2025 the bank earned 1,234 and in 2024 it earned 1,100, which is 12.2% more than",
      "the 980 of 2023. Costs were (517), (420) and (12).",
      "Of the 88 branches 7 were closed and 3 opened; 84 remain, of which 61 own their house."};
  for (std::size_t at = 0; at < lines.size(); ++at)
    page.text(72, 100 + 12 * static_cast<float>(at), size, lines[at]);
  const ReadResult result = read_test_pdf(pdf.write());
  for (const Block& block : result.pages[0].blocks) EXPECT_FALSE(block.table) << block.text;
}

TEST(PdfTables, TextAroundATableStaysOutOfIt) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  page.text(72, 60, size,
            "The following table shows the loans by region at the end of the year, in millions of euros:");
  page.text_to(470, 84, size, "2025").text_to(540, 84, size, "2024");
  page.text(72, 98, size, "North").text_to(470, 98, size, "1,200").text_to(540, 98, size, "1,100");
  page.text(72, 110, size, "South").text_to(470, 110, size, "900").text_to(540, 110, size, "800");
  page.text(72, 134, size,
            "The growth in the north was caused by two large loans to shipyards, both of which are");
  page.text(72, 146, size, "secured by a charge on the yard and a guarantee of the state.");
  EXPECT_EQ(read_test_pdf(pdf.write()).outline(),
            "paragraph The following table shows the loans by region at the end of the year, in millions of "
            "euros:\n"
            "table  | 2025 | 2024\nNorth | 1,200 | 1,100\nSouth | 900 | 800\n"
            "paragraph The growth in the north was caused by two large loans to shipyards, both of which are "
            "secured by "
            "a charge on the yard and a guarantee of the state.\n");
}

TEST(PdfTables, LongLabelsBesideFiguresAndWordsAreNoColumnsOfText) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  page.text(72, 80, size, "Key").text_to(390, 80, size, "Deposit, EUR").text(440, 80, size, "Given out by");
  const char* const rows[][3] = {{"Bicycle shed", "15", "the porter"},
                                 {"Boat house at the lower end of the lake", "1,200", "the harbour master"},
                                 {"Reading room with the map collection", "400", "the two librarians"},
                                 {"Garden behind the observatory dome", "90", "the head gardener"},
                                 {"Piano hall, first and second floor", "2,600", "the music teacher"}};
  float y = 96;
  for (const auto& cells : rows) {
    page.text(72, y, size, cells[0]).text_to(390, y, size, cells[1]).text(440, y, size, cells[2]);
    y += 18;
  }
  const ReadResult result = read_test_pdf(pdf.write());
  EXPECT_EQ(table_text(result.table()),
            "Key | Deposit, EUR | Given out by\nBicycle shed | 15 | the porter\n"
            "Boat house at the lower end of the lake | 1,200 | the harbour master\n"
            "Reading room with the map collection | 400 | the two librarians\n"
            "Garden behind the observatory dome | 90 | the head gardener\n"
            "Piano hall, first and second floor | 2,600 | the music teacher");
}

TEST(PdfTables, ATitleAndWordsOverOtherColumnsBeginAnotherTable) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  row(page, 80, "EUR000", {"2025", "2024"});
  row(page, 96, "Tram tickets", {"310", "290"});
  row(page, 112, "Ferry tickets", {"55", "61"});
  page.text(72, 140, size, "7 Vehicles", TestFont::bold);
  const float ends[] = {230, 320, 440, 540};
  const auto four = [&](float y, const std::string& label, const std::vector<std::string>& cells) {
    page.text(72, y, size, label);
    for (std::size_t at = 0; at < cells.size(); ++at) page.text_to(ends[at], y, size, cells[at]);
  };
  four(160, "Number", {"Trams", "Ferries", "Service cars", "All"});
  four(176, "On 1 January", {"40", "12", "9", "61"});
  four(192, "Bought", {"3", "-", "2", "5"});
  const ReadResult result = read_test_pdf(pdf.write());
  std::vector<std::string> texts;
  for (const Block& block : result.pages[0].blocks) texts.push_back(block.text);
  EXPECT_EQ(texts,
            (std::vector<std::string>{
                "EUR000 | 2025 | 2024\nTram tickets | 310 | 290\nFerry tickets | 55 | 61", "7 Vehicles",
                "Number | Trams | Ferries | Service cars | All\nOn 1 January | 40 | 12 | 9 | 61\n"
                "Bought | 3 | - | 2 | 5"}));
}

TEST(PdfTables, AGroupOfRowsWithTextInTheLastColumnGoesOn) {
  TestPdf pdf;
  TestPage& page = pdf.page();
  const auto line = [&](float y, const std::string& label, const std::vector<std::string>& figures,
                        const std::string& place) {
    row(page, y, label, figures);
    if (!place.empty()) page.text(480, y, size, place);
  };
  page.text_to(400, 80, size, "2025").text(480, 80, size, "Shown under");
  line(96, "Bonds", {"77"}, "securities");
  line(112, "All assets", {"77"}, "");
  page.text(72, 128, size, "Liabilities:");
  line(144, "Forward contracts that are not", {}, "other");
  line(160, "designated as hedges", {"12"}, "liabilities");
  const ReadResult result = read_test_pdf(pdf.write());
  EXPECT_EQ(result.pages[0].blocks.size(), 1U);
  EXPECT_EQ(result.table().columns, 3U);
}

}  // namespace
}  // namespace loadline::pdf
