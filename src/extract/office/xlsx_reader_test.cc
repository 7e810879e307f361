#include "extract/office/xlsx_reader.h"

#include <gtest/gtest.h>

#include "extract/test_documents.h"

namespace loadline {
namespace {

using testing::read_bytes;
using testing::Reading;
using testing::xlsx_of;

std::string text_cell(const std::string& place, const std::string& text) {
  return "<c r=\"" + place + "\" t=\"inlineStr\"><is><t>" + text + "</t></is></c>";
}
std::string number_cell(const std::string& place, const std::string& value, int style = 0) {
  return "<c r=\"" + place + "\" s=\"" + std::to_string(style) + "\"><v>" + value + "</v></c>";
}
std::string row(int number, const std::string& cells) {
  return "<row r=\"" + std::to_string(number) + "\">" + cells + "</row>";
}
std::string sheet_data(const std::string& rows) { return "<sheetData>" + rows + "</sheetData>"; }

constexpr const char* styles =
    R"(<numFmts><numFmt numFmtId="164" formatCode="&quot;EUR&quot; #,##0.00"/></numFmts>)"
    R"(<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="10"/><xf numFmtId="164"/></cellXfs>)";

TEST(Xlsx, shows_values_as_the_sheet_does) {
  const std::string sheet = sheet_data(
      row(1, text_cell("A1", "What") + text_cell("B1", "When") + text_cell("C1", "Share") +
                 text_cell("D1", "Amount")) +
      row(2, "<c r=\"A2\" t=\"s\"><v>0</v></c>" + number_cell("B2", "44926", 1) +
                 number_cell("C2", "0.0825", 2) + number_cell("D2", "1234.5", 3)) +
      row(3,
          "<c r=\"A3\" t=\"str\"><f>X()</f><v>from a formula</v></c><c r=\"B3\" t=\"b\"><v>1</v></c>"
          "<c r=\"C3\" t=\"e\"><v>#DIV/0!</v></c>" +
              number_cell("D3", "7")));
  const Reading reading = read_bytes(xlsx_of(
      {{"Sales", sheet}}, styles, "<si><r><t>Rich </t></r><r><t>text</t></r><rPh><t>no</t></rPh></si>"));
  ASSERT_TRUE(reading.status.ok()) << reading.status.error().message();
  EXPECT_EQ(reading.outline(),
            "h1 Sales\nt 3x4+1 @0 What|@1 When|@2 Share|@3 Amount/@0 Rich text|@1 2022-12-31|@2 8.25%|@3 EUR "
            "1,234.50/"
            "@0 from a formula|@1 TRUE|@2 #DIV/0!|@3 7");
  EXPECT_EQ(reading.properties.title, "A title");
}

TEST(Xlsx, blank_rows_part_tables_and_single_cells_above_are_titles) {
  const std::string sheet = sheet_data(
      row(1, text_cell("A1", "Fees 2024")) + row(3, text_cell("A3", "Name") + text_cell("B3", "Fee")) +
      row(4, text_cell("A4", "Card") + number_cell("B4", "5")) + row(6, text_cell("A6", "Cash machines")) +
      row(7, text_cell("A7", "Place") + text_cell("C7", "Number")) +
      row(8, text_cell("A8", "Quay") + number_cell("C8", "4")) +
      row(9, text_cell("A9",
                       "Counted at the end of the year, without machines of other banks in our branches.")));
  const Reading reading = read_bytes(xlsx_of({{"All", sheet}}));
  EXPECT_EQ(reading.outline(),
            "h1 All\nh2 Fees 2024\nt 2x2+1 [Fees 2024] @0 Name|@1 Fee/@0 Card|@1 5\n"
            "h2 Cash machines\nt 2x2+1 [Cash machines] @0 Place|@1 Number/@0 Quay|@1 4\n"
            "p Counted at the end of the year, without machines of other banks in our branches.");
}

TEST(Xlsx, merged_cells_span) {
  const std::string sheet =
      sheet_data(row(1, text_cell("B1", "2022")) +
                 row(2, text_cell("A2", "Item") + text_cell("B2", "Q1") + text_cell("C2", "Q2")) +
                 row(3, text_cell("A3", "Rent") + number_cell("B3", "1") + number_cell("C3", "2")) +
                 row(4, number_cell("B4", "3") + number_cell("C4", "4"))) +
      R"(<mergeCells><mergeCell ref="B2:B2"/><mergeCell ref="A3:A4"/></mergeCells>)";
  EXPECT_EQ(read_bytes(xlsx_of({{"S", sheet}})).outline(),
            "h1 S\nh2 2022\nt 3x3+1 [2022] @0 Item|@1 Q1|@2 Q2/@0v2 Rent|@1 1|@2 2/@1 3|@2 4");
}

TEST(Xlsx, spacer_columns_go_and_spans_follow) {
  const std::string sheet =
      sheet_data(row(1, text_cell("A1", "Item") + text_cell("C1", "2022 and 2021")) +
                 row(2, text_cell("A2", "Rent") + number_cell("C2", "1") + number_cell("E2", "2"))) +
      R"(<mergeCells><mergeCell ref="C1:E1"/></mergeCells>)";
  EXPECT_EQ(read_bytes(xlsx_of({{"S", sheet}})).outline(),
            "h1 S\nt 2x3+1 @0 Item|@1>2 2022 and 2021/@0 Rent|@1 1|@2 2");
}

TEST(Xlsx, tables_side_by_side_are_parted_but_statements_are_not) {
  const std::string two = sheet_data(
      row(1, text_cell("A1", "Name") + text_cell("B1", "Qty") + text_cell("D1", "City") +
                 text_cell("E1", "Price")) +
      row(2, text_cell("A2", "a") + number_cell("B2", "1") + text_cell("D2", "x") + number_cell("E2", "2")) +
      row(3, text_cell("A3", "b") + number_cell("B3", "3") + text_cell("D3", "y") + number_cell("E3", "4")));
  EXPECT_EQ(read_bytes(xlsx_of({{"S", two}})).outline(),
            "h1 S\nt 3x2+1 @0 Name|@1 Qty/@0 a|@1 1/@0 b|@1 3\nt 3x2+1 @0 City|@1 Price/@0 x|@1 2/@0 y|@1 4");
}

TEST(Xlsx, formulas_without_a_result_are_shown) {
  EXPECT_EQ(
      read_bytes(xlsx_of({{"S", sheet_data(row(1, "<c r=\"A1\"><f>SUM(B1:B2)</f><v></v></c>"))}})).outline(),
      "h1 S\np =SUM(B1:B2)");
}

TEST(Xlsx, every_sheet_is_a_page_and_broken_ones_are_lost_alone) {
  const std::string file = xlsx_of(
      {{"A", sheet_data(row(1, text_cell("A1", "x")))}, {"B", "<sheetData><row>"}, {"C", sheet_data("")}});
  const Reading reading = read_bytes(file);
  ASSERT_TRUE(reading.status.ok());
  ASSERT_EQ(reading.pages.size(), 3U);
  EXPECT_EQ(reading.outline(0), "h1 A\np x");
  EXPECT_NE(reading.pages[1].lost_reason, "");
  EXPECT_EQ(reading.outline(2), "h1 C");
  EXPECT_EQ(read_bytes(file, "", 3).pages.size(), 1U);
}

TEST(Xlsx, dates_from_1904) {
  EXPECT_EQ(read_bytes(xlsx_of({{"S", sheet_data(row(1, number_cell("A1", "43464", 1)))}}, styles, "",
                               "<workbookPr date1904=\"1\"/>"))
                .outline(),
            "h1 S\np 2022-12-31");
}

TEST(Xlsx, far_corners_cost_nothing) {
  const std::string sheet =
      sheet_data(row(1, text_cell("A1", "a")) + row(1048576, text_cell("XFD1048576", "z")));
  EXPECT_EQ(read_bytes(xlsx_of({{"S", sheet}})).outline(), "h1 S\nh2 a\np z");
}

TEST(Xlsx, too_many_cells_are_refused) {
  std::string cells;
  for (int i = 0; i < 1100; ++i) {
    cells += "<row>";
    for (int j = 0; j < 1000; ++j) cells += "<c><v>1</v></c>";
    cells += "</row>";
  }
  const Reading reading = read_bytes(xlsx_of({{"S", sheet_data(cells)}}));
  ASSERT_FALSE(reading.status.ok());
  EXPECT_EQ(reading.status.error().code(), Code::resource_exhausted);
  EXPECT_NE(reading.status.error().message().find("1,000,000"), std::string::npos);
}

TEST(Xlsx, headers_that_the_workbook_states_are_believed) {
  const std::string body =
      row(1, text_cell("A1", "all text") + text_cell("B1", "no figures")) +
      row(2, text_cell("A2", "x") + text_cell("B2", "a longer text that explains something at length")) +
      row(3, text_cell("B3", "y"));
  EXPECT_EQ(read_bytes(xlsx_of({{"S", sheet_data(body)}})).block(0, 1).table->header_rows, 1U);
  const std::string frozen =
      R"(<sheetViews><sheetView><pane ySplit="2" state="frozen"/></sheetView></sheetViews>)" +
      sheet_data(body);
  EXPECT_EQ(read_bytes(xlsx_of({{"S", frozen}})).block(0, 1).table->header_rows, 2U);
}

}  // namespace
}  // namespace loadline
