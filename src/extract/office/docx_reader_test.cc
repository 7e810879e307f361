#include "extract/office/docx_reader.h"

#include <gtest/gtest.h>

#include "extract/office/docx_styles.h"
#include "extract/test_documents.h"

namespace loadline {
namespace {

using testing::docx_of;
using testing::read_bytes;
using testing::Reading;
using testing::ZipEntry;

std::string paragraph(const std::string& text, const std::string& properties = "") {
  return "<w:p><w:pPr>" + properties + "</w:pPr><w:r><w:t xml:space=\"preserve\">" + text +
         "</w:t></w:r></w:p>";
}
std::string styled(const std::string& text, const std::string& style) {
  return paragraph(text, "<w:pStyle w:val=\"" + style + "\"/>");
}
std::string numbered(const std::string& text, int list, int level) {
  return paragraph(text, "<w:numPr><w:ilvl w:val=\"" + std::to_string(level) + "\"/><w:numId w:val=\"" +
                             std::to_string(list) + "\"/></w:numPr>");
}

const ZipEntry styles{"word/styles.xml", R"(<w:styles xmlns:w="w">
  <w:style w:type="paragraph" w:default="1" w:styleId="Standard"><w:name w:val="Normal"/></w:style>
  <w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/><w:basedOn w:val="Standard"/></w:style>
  <w:style w:type="paragraph" w:styleId="Own"><w:name w:val="My own"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
  <w:style w:type="paragraph" w:styleId="Derived"><w:name w:val="Derived"/><w:basedOn w:val="Own"/></w:style>
  <w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop"/></w:style>
  <w:style w:type="paragraph" w:styleId="Cap"><w:name w:val="caption"/></w:style>
  <w:style w:type="paragraph" w:styleId="LB2"><w:name w:val="List Bullet 2"/></w:style>
</w:styles>)"};

const ZipEntry numbering{"word/numbering.xml", R"xml(<w:numbering xmlns:w="w">
  <w:abstractNum w:abstractNumId="0">
    <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
    <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl>
  </w:abstractNum>
  <w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="x"/></w:lvl></w:abstractNum>
  <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
  <w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
  <w:num w:numId="3"><w:abstractNumId w:val="0"/>
    <w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>
</w:numbering>)xml"};

TEST(Docx, headings_come_from_styles_in_any_language_and_from_outline_levels) {
  const Reading reading =
      read_bytes(docx_of(styled("One", "berschrift1") + styled("Three", "Derived") +
                             paragraph("Two", "<w:outlineLvl w:val=\"1\"/>") + styled("Text", "Loop"),
                         {styles}));
  ASSERT_TRUE(reading.status.ok()) << reading.status.error().message();
  EXPECT_EQ(reading.outline(), "h1 One\nh3 Three\nh2 Two\np Text");
  EXPECT_EQ(reading.properties.title, "A title");
  EXPECT_EQ(reading.properties.author, "An author");
  EXPECT_EQ(reading.properties.created, "2024-05-01T00:00:00Z");
  EXPECT_EQ(reading.properties.page_count, 1);
}

TEST(Docx, heading_ids_are_known_without_a_styles_part) {
  EXPECT_EQ(read_bytes(docx_of(styled("A", "Heading2") + styled("B", "Title"))).outline(), "h2 A\nh1 B");
}

TEST(Docx, lists_keep_their_numbers_as_shown) {
  const std::string body = numbered("a", 1, 0) + numbered("b", 1, 1) + numbered("c", 1, 1) +
                           numbered("d", 1, 0) + numbered("e", 1, 1) + numbered("f", 2, 0) +
                           numbered("g", 3, 0) + styled("h", "LB2");
  EXPECT_EQ(read_bytes(docx_of(body, {styles, numbering})).outline(),
            "li1 1. a\nli2 1.a) b\nli2 1.b) c\nli1 2. d\nli2 2.a) e\nli1 f\nli1 5. g\nli2 h");
}

TEST(Docx, only_hard_breaks_make_pages) {
  const std::string body =
      "<w:p><w:r><w:t>one</w:t><w:lastRenderedPageBreak/><w:t> still one</w:t><w:br w:type=\"page\"/>"
      "<w:t>two</w:t></w:r></w:p>" +
      paragraph("three", "<w:pageBreakBefore/>") + paragraph("end of section", "<w:sectPr/>") +
      paragraph("four") + "<w:p><w:r><w:br w:type=\"page\"/></w:r></w:p><w:sectPr/>";
  const Reading reading = read_bytes(docx_of(body));
  ASSERT_EQ(reading.pages.size(), 4U);
  EXPECT_EQ(reading.outline(0), "p one still one");
  EXPECT_EQ(reading.outline(1), "p two");
  EXPECT_EQ(reading.outline(2), "p three\np end of section");
  EXPECT_EQ(reading.outline(3), "p four");
}

TEST(Docx, continuous_sections_stay_on_their_page) {
  const std::string body =
      paragraph("a", "<w:sectPr/>") + paragraph("b") + "<w:sectPr><w:type w:val=\"continuous\"/></w:sectPr>";
  EXPECT_EQ(read_bytes(docx_of(body)).pages.size(), 1U);
}

std::string cell(const std::string& text, const std::string& properties = "") {
  return "<w:tc><w:tcPr>" + properties + "</w:tcPr>" + paragraph(text) + "</w:tc>";
}

TEST(Docx, tables_keep_merged_cells_and_header_rows) {
  const std::string body =
      styled("Table 1: Sales", "Cap") + "<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>" +
      cell("Region", "<w:vMerge w:val=\"restart\"/>") + cell("Sales", "<w:gridSpan w:val=\"2\"/>") +
      "</w:tr><w:tr><w:trPr><w:tblHeader/></w:trPr>" + cell("", "<w:vMerge/>") + cell("2022") + cell("2021") +
      "</w:tr><w:tr>" + cell("North") + cell("1,200") + cell("900") + "</w:tr></w:tbl>";
  EXPECT_EQ(read_bytes(docx_of(body, {styles})).outline(),
            "p Table 1: Sales\n"
            "t 3x3+2 [Table 1: Sales] @0v2 Region|@1>2 Sales/@1 2022|@2 2021/@0 North|@1 1,200|@2 900");
}

TEST(Docx, frames_of_one_cell_are_text) {
  EXPECT_EQ(read_bytes(docx_of("<w:tbl><w:tr>" + cell("Note well") + "</w:tr></w:tbl>")).outline(),
            "p Note well");
}

TEST(Docx, what_is_deleted_or_hidden_is_not_read) {
  const std::string body =
      "<w:p><w:r><w:t>kept </w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
      "<w:ins><w:r><w:t>added</w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>"
      "<w:hyperlink><w:r><w:t> link</w:t></w:r></w:hyperlink>"
      "<w:r><w:fldChar w:fldCharType=\"begin\"/><w:instrText>PAGE</w:instrText></w:r><w:r><w:t> "
      "7</w:t></w:r></w:p>";
  EXPECT_EQ(read_bytes(docx_of(body)).outline(), "p kept added link 7");
}

TEST(Docx, text_boxes_are_read_once) {
  const std::string box = "<w:txbxContent>" + paragraph("In a box") + "</w:txbxContent>";
  const std::string body =
      "<w:p><w:r><w:t>Before</w:t></w:r><w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx>" + box +
      "</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict>" + box +
      "</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>";
  EXPECT_EQ(read_bytes(docx_of(body)).outline(), "p Before\np In a box");
}

TEST(Docx, footnotes_stand_at_the_end_of_their_page) {
  const std::string notes = "<w:footnotes xmlns:w=\"w\"><w:footnote w:id=\"-1\"/><w:footnote w:id=\"2\">" +
                            paragraph("The small print.") + "</w:footnote></w:footnotes>";
  const std::string body = "<w:p><w:r><w:t>Claim</w:t><w:footnoteReference w:id=\"2\"/></w:r></w:p>" +
                           paragraph("More") + paragraph("Next", "<w:pageBreakBefore/>");
  const Reading reading = read_bytes(docx_of(body, {{"word/footnotes.xml", notes}}));
  EXPECT_EQ(reading.outline(0), "p Claim\np More\np Footnote 1: The small print.");
  EXPECT_EQ(reading.outline(1), "p Next");
}

TEST(Docx, headers_and_footers_run_on_every_page) {
  const std::string body =
      paragraph("a") + paragraph("b", "<w:pageBreakBefore/>") +
      "<w:sectPr><w:headerReference w:type=\"default\" r:id=\"rIdHeader\"/>"
      "<w:footerReference w:type=\"default\" r:id=\"rIdFooter\"/><w:titlePg/></w:sectPr>";
  const Reading reading = read_bytes(
      docx_of(body, {{"word/header.xml", "<w:hdr xmlns:w=\"w\">" + paragraph("Top") + "</w:hdr>"},
                     {"word/footer.xml", "<w:ftr xmlns:w=\"w\">" + paragraph("Bottom") + "</w:ftr>"}}));
  EXPECT_EQ(reading.outline(0), "p a");  // the first page has its own, which is empty
  EXPECT_EQ(reading.outline(1), "header Top\np b\nfooter Bottom");
}

TEST(Docx, reading_goes_on_in_the_middle) {
  const std::string file = docx_of(paragraph("a") + paragraph("b", "<w:pageBreakBefore/>") +
                                   paragraph("c", "<w:pageBreakBefore/>"));
  const Reading reading = read_bytes(file, "", 2);
  ASSERT_EQ(reading.pages.size(), 2U);
  EXPECT_EQ(reading.pages[0].number, 2);
  EXPECT_EQ(reading.properties.page_count, 3);
}

TEST(Docx, damaged_parts_are_said) {
  EXPECT_EQ(read_bytes(docx_of("", {{"word/document.xml", "<w:document><w:body>"}})).status.error().code(),
            Code::invalid_argument);
}

TEST(DocxNumber, counts_as_word_does) {
  EXPECT_EQ(docx_number(4, "lowerRoman"), "iv");
  EXPECT_EQ(docx_number(1999, "upperRoman"), "MCMXCIX");
  EXPECT_EQ(docx_number(28, "lowerLetter"), "bb");
  EXPECT_EQ(docx_number(7, "decimalZero"), "07");
  EXPECT_EQ(docx_number(7, "somethingElse"), "7");
}

}  // namespace
}  // namespace loadline
