#include "extract/office/pptx_reader.h"

#include <gtest/gtest.h>

#include "extract/test_documents.h"

namespace loadline {
namespace {

using testing::pptx_of;
using testing::read_bytes;
using testing::Reading;

std::string text_paragraph(const std::string& text, const std::string& properties = "") {
  return "<a:p>" + properties + "<a:r><a:t>" + text + "</a:t></a:r></a:p>";
}
std::string shape(const std::string& placeholder, const std::string& place, const std::string& paragraphs) {
  return "<p:sp><p:nvSpPr><p:nvPr>" + placeholder + "</p:nvPr></p:nvSpPr><p:spPr>" + place +
         "</p:spPr><p:txBody>" + paragraphs + "</p:txBody></p:sp>";
}
std::string place(int x, int y, int width, int height) {
  const auto emu = [](int points) { return std::to_string(points * 12700); };
  return "<a:xfrm><a:off x=\"" + emu(x) + "\" y=\"" + emu(y) + "\"/><a:ext cx=\"" + emu(width) + "\" cy=\"" +
         emu(height) + "\"/></a:xfrm>";
}

TEST(Pptx, titles_bullets_and_boxes) {
  const std::string slide = shape("", place(10, 20, 30, 40), text_paragraph("Loose text")) +
                            shape("<p:ph type=\"title\"/>", "", text_paragraph("The title")) +
                            shape("<p:ph type=\"body\" idx=\"1\"/>", "",
                                  text_paragraph("One") + text_paragraph("Under one", "<a:pPr lvl=\"1\"/>") +
                                      text_paragraph("No bullet", "<a:pPr><a:buNone/></a:pPr>"));
  const Reading reading = read_bytes(pptx_of({slide}));
  ASSERT_TRUE(reading.status.ok()) << reading.status.error().message();
  EXPECT_EQ(reading.outline(), "h1 The title\np Loose text\nli1 One\nli2 Under one\np No bullet");
  EXPECT_EQ(reading.pages[0].width, 720);
  EXPECT_EQ(reading.pages[0].height, 540);
  EXPECT_EQ(reading.block(0, 0).box, (Box{0, 1, 100, 11}));     // from the master
  EXPECT_EQ(reading.block(0, 1).box, (Box{10, 20, 40, 60}));    // its own
  EXPECT_EQ(reading.block(0, 2).box, (Box{10, 20, 110, 220}));  // from the layout
}

TEST(Pptx, groups_move_and_scale_what_they_hold) {
  const std::string group =
      "<p:grpSp><p:grpSpPr><a:xfrm><a:off x=\"1270000\" y=\"0\"/><a:ext cx=\"1270000\" cy=\"1270000\"/>"
      "<a:chOff x=\"0\" y=\"0\"/><a:chExt cx=\"2540000\" cy=\"2540000\"/></a:xfrm></p:grpSpPr>" +
      shape("", place(20, 40, 60, 80), text_paragraph("inside")) + "</p:grpSp>";
  EXPECT_EQ(read_bytes(pptx_of({group})).block(0, 0).box, (Box{110, 20, 140, 60}));
}

TEST(Pptx, tables_keep_spans_and_cell_boxes) {
  const auto cell = [](const std::string& text, const std::string& attributes = "") {
    return "<a:tc " + attributes + "><a:txBody>" + text_paragraph(text) + "</a:txBody></a:tc>";
  };
  const std::string frame =
      "<p:graphicFrame><p:xfrm><a:off x=\"127000\" y=\"127000\"/><a:ext cx=\"1\" "
      "cy=\"1\"/></p:xfrm><a:graphic>"
      "<a:graphicData><a:tbl><a:tblPr firstRow=\"1\"/><a:tblGrid><a:gridCol w=\"635000\"/><a:gridCol "
      "w=\"635000\"/>"
      "<a:gridCol w=\"635000\"/></a:tblGrid><a:tr h=\"254000\">" +
      cell("Name") + cell("Years", "gridSpan=\"2\"") + cell("", "hMerge=\"1\"") +
      "</a:tr><a:tr h=\"254000\">" + cell("x") + cell("1.5") + cell("2.5") +
      "</a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>";
  const Reading reading = read_bytes(pptx_of({frame}));
  EXPECT_EQ(reading.outline(), "t 2x3+1 @0 Name|@1>2 Years/@0 x|@1 1.5|@2 2.5");
  EXPECT_EQ(reading.block(0, 0).table->cells[1].box, (Box{60, 10, 160, 30}));
  EXPECT_EQ(reading.block(0, 0).table->cells[4].box, (Box{110, 30, 160, 50}));
}

TEST(Pptx, notes_and_charts_are_read) {
  const std::string chart_frame =
      "<p:graphicFrame><p:xfrm/><a:graphic><a:graphicData><c:chart xmlns:c=\"c\" "
      "r:id=\"rIdC\"/></a:graphicData>"
      "</a:graphic></p:graphicFrame>";
  const std::string chart =
      "<c:chartSpace xmlns:c=\"c\" xmlns:a=\"a\"><c:chart><c:title><c:tx><c:rich>" +
      text_paragraph("Profit") +
      "</c:rich></c:tx></c:title><c:plotArea><c:barChart><c:ser><c:tx><c:strRef><c:strCache><c:pt "
      "idx=\"0\"><c:v>2022</c:v>"
      "</c:pt></c:strCache></c:strRef></c:tx><c:cat><c:strRef><c:strCache><c:pt "
      "idx=\"0\"><c:v>Q1</c:v></c:pt>"
      "<c:pt idx=\"1\"><c:v>Q2</c:v></c:pt></c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache>"
      "<c:formatCode>0.0</c:formatCode><c:pt idx=\"0\"><c:v>1.25</c:v></c:pt><c:pt "
      "idx=\"1\"><c:v>2</c:v></c:pt>"
      "</c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>";
  const std::string notes = "<p:notes xmlns:p=\"p\" xmlns:a=\"a\"><p:cSld><p:spTree>" +
                            shape("<p:ph type=\"body\" idx=\"1\"/>", "", text_paragraph("Say this slowly.")) +
                            shape("<p:ph type=\"sldNum\"/>", "", text_paragraph("1")) +
                            "</p:spTree></p:cSld></p:notes>";
  const Reading reading = read_bytes(
      pptx_of({chart_frame}, {{"ppt/charts/chart1.xml", chart}, {"ppt/notesSlides/notesSlide1.xml", notes}}));
  EXPECT_EQ(reading.outline(),
            "p Profit\nt 3x2+1 [Profit] @1 2022/@0 Q1|@1 1.3/@0 Q2|@1 2.0\np Say this slowly.");
}

TEST(Pptx, slides_are_pages_in_the_order_of_the_show) {
  const Reading reading =
      read_bytes(pptx_of({shape("", "", text_paragraph("a")), shape("", "", text_paragraph("b"))}), "", 2);
  ASSERT_EQ(reading.pages.size(), 1U);
  EXPECT_EQ(reading.pages[0].number, 2);
  EXPECT_EQ(reading.outline(), "p b");
}

}  // namespace
}  // namespace loadline
