#include "extract/html/html_reader.h"

#include <gtest/gtest.h>

#include "extract/test_documents.h"

namespace loadline {
namespace {

using testing::read_bytes;
using testing::Reading;

std::string page(const std::string& body, const std::string& head = "") {
  return "<!DOCTYPE html><html><head>" + head + "</head><body>" + body + "</body></html>";
}
std::string outline(const std::string& body) { return read_bytes(page(body)).outline(); }

TEST(Html, reads_what_is_seen) {
  EXPECT_EQ(
      outline(
          "<nav>Home | About</nav><script>x()</script><style>p{}</style><h1>Fees &amp;\n <b>charges</b></h1>"
          "<p>One   two<br>three</p><p style='display: none'>hidden</p><div hidden>hidden</div>"
          "<div>loose <i>text</i></div><button>OK</button><template><p>t</p></template>"),
      "h1 Fees & charges\np One two\nthree\np loose text");
}

TEST(Html, lists_keep_depth_and_numbers) {
  EXPECT_EQ(outline("<ul><li>A<ul><li>B</li></ul></li><li><p>C</p><p>more</p></li></ul>"
                    "<ol start=4><li>four<li value=9>nine</ol>"),
            "li1 A\nli2 B\nli1 C\np more\nli1 4. four\nli1 9. nine");
}

TEST(Html, tables_keep_headers_spans_and_captions) {
  EXPECT_EQ(
      outline(
          "<table><caption>Sales</caption><thead><tr><th rowspan=2>Region</th><th colspan=2>Year</th></tr>"
          "<tr><th>2022</th><th>2021</th></tr></thead><tbody><tr><td>North<br>west</td><td>1</td><td>2</td></"
          "tr>"
          "</tbody></table>"),
      "p Sales\nt 3x3+2 [Sales] @0v2 Region|@1>2 Year/@1 2022|@2 2021/@0 North west|@1 1|@2 2");
}

TEST(Html, statements_with_signs_in_cells_of_their_own_become_clean) {
  EXPECT_EQ(
      outline(
          "<table><tr><td></td><td>&nbsp;</td><td colspan=3>2022</td><td colspan=3>2021</td></tr>"
          "<tr><td>Loss</td><td></td><td>$</td><td>(1,234</td><td>)</td><td>$</td><td>56</td><td></td></tr>"
          "<tr><td>Margin</td><td></td><td></td><td>12.5</td><td>%</td><td></td><td>9</td><td>%</td></tr></"
          "table>"),
      "t 3x3+1 @1 2022|@2 2021/@0 Loss|@1 $(1,234)|@2 $56/@0 Margin|@1 12.5%|@2 9%");
}

TEST(Html, layout_tables_are_text) {
  EXPECT_EQ(outline("<table><tr><td><h2>Left</h2><p>text</p></td><td><table><tr><td>a</td><td>b</td></tr></"
                    "table></td></tr>"
                    "</table>"),
            "h2 Left\np text\nt 1x2 @0 a|@1 b");
}

TEST(Html, page_breaks_of_style_sheets_make_pages) {
  const Reading reading = read_bytes(page("<p>one</p><hr style='page-break-after: always'><p>two</p>"));
  ASSERT_EQ(reading.pages.size(), 2U);
  EXPECT_EQ(reading.outline(1), "p two");
}

TEST(Html, facts_of_the_head) {
  const Reading reading =
      read_bytes(page("<p>x</p>", "<title> The\n title </title><meta name=author content='Ann B'>"));
  EXPECT_EQ(reading.properties.title, "The title");
  EXPECT_EQ(reading.properties.author, "Ann B");
  EXPECT_EQ(reading.properties.media_type, "text/html");
}

TEST(Html, declared_charsets_count_unless_the_bytes_are_utf8) {
  EXPECT_EQ(read_bytes(page("<p>\xC4\xC5\xD1</p>", "<meta charset=\"koi8-r\">")).outline(), "p дея");
  EXPECT_EQ(read_bytes(page("<p>für</p>", "<meta charset=\"iso-8859-1\">")).outline(), "p für");
  EXPECT_EQ(read_bytes(page("<p>f\xFCr \x80 5</p>")).outline(), "p für € 5");
}

TEST(Html, preformatted_text_keeps_its_lines) { EXPECT_EQ(outline("<pre>a  b\n c</pre>"), "p a  b\n c"); }

TEST(Html, deep_nesting_is_refused_quickly) {
  std::string deep;
  for (int i = 0; i < 1'000'000; ++i) deep += "<div>";
  const Reading reading = read_bytes(page(deep));
  ASSERT_FALSE(reading.status.ok());
  EXPECT_EQ(reading.status.error().code(), Code::resource_exhausted);
}

TEST(Html, many_unclosed_paragraphs_are_not_deep) {
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "<p>word";
  const Reading reading = read_bytes(page(many));
  ASSERT_TRUE(reading.status.ok());
  EXPECT_EQ(reading.pages[0].blocks.size(), 20'000U);
}

}  // namespace
}  // namespace loadline
