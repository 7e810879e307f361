#include <gtest/gtest.h>

#include "base/rng.h"
#include "extract/test_documents.h"
#include "extract/text/charset.h"
#include "extract/text/csv_reader.h"
#include "extract/text/json_reader.h"

namespace loadline {
namespace {

using testing::read_bytes;
using testing::Reading;

// --- charsets
// ------------------------------------------------------------------------------------------------------

std::string utf16(std::u16string_view text, bool little, bool mark) {
  std::string bytes;
  const auto put = [&](char16_t unit) {
    const char low = static_cast<char>(unit & 0xFF);
    const char high = static_cast<char>(unit >> 8);
    bytes += little ? low : high;
    bytes += little ? high : low;
  };
  if (mark) put(0xFEFF);
  for (const char16_t unit : text) put(unit);
  return bytes;
}

TEST(Charset, is_guessed_from_marks_and_bytes) {
  EXPECT_EQ(guess_charset("plain"), "UTF-8");
  EXPECT_EQ(guess_charset("\xEF\xBB\xBFx"), "UTF-8");
  EXPECT_EQ(guess_charset("caf\xC3\xA9"), "UTF-8");
  EXPECT_EQ(guess_charset("caf\xE9"), "windows-1252");
  EXPECT_EQ(guess_charset(utf16(u"text", true, true)), "UTF-16LE");
  EXPECT_EQ(guess_charset(utf16(u"some text", true, false)), "UTF-16LE");
  EXPECT_EQ(guess_charset(utf16(u"some text", false, false)), "UTF-16BE");
}

TEST(Charset, everything_becomes_utf8) {
  for (const bool little : {true, false})
    for (const bool mark : {true, false})
      EXPECT_EQ(*decode_text(utf16(u"Größe 5 € \U0001F600", little, mark)), "Größe 5 € \U0001F600");
  EXPECT_EQ(*decode_text("Gr\xF6\xDF"
                         "e 5 \x80"),
            "Größe 5 €");
  EXPECT_EQ(*decode_text("\xEF\xBB\xBFx"), "x");
  EXPECT_EQ(*decode_text("\x8F\xA4\x94\x84", "Shift_JIS"), "商売");
  EXPECT_EQ(*decode_text("plain", "no-such-charset"), "plain");
}

TEST(Charset, damaged_utf8_stays_utf8) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "größer ";
  EXPECT_EQ(guess_charset(text + "\xFF"), "UTF-8");
}

TEST(Charset, junk_is_binary_and_text_is_not) {
  Rng random(7);
  std::string junk(10'000, '\0');
  for (char& c : junk) c = static_cast<char>(random.next());
  EXPECT_TRUE(looks_binary(junk, guess_charset(junk)));
  EXPECT_FALSE(looks_binary("some\ttext\r\n\f", "UTF-8"));
  EXPECT_TRUE(looks_binary(std::string(100, '\0'), "UTF-8"));
}

// --- text
// ----------------------------------------------------------------------------------------------------------

TEST(Text, paragraphs_headings_lists_and_pages) {
  const Reading reading = read_bytes(
      "GENERAL TERMS\n\nFirst line\nsecond line\n\nScope\n=====\n\n- one\n- two\n   wrapped\n1. "
      "three\n\fNext page\n");
  EXPECT_EQ(reading.outline(0),
            "h2 GENERAL TERMS\np First line\nsecond line\nh1 Scope\nli1 one\nli1 two\nwrapped\nli1 1. three");
  EXPECT_EQ(reading.outline(1), "p Next page");
  EXPECT_EQ(reading.properties.page_count, 2);
  EXPECT_EQ(read_bytes("a\fb\fc", "", 3).pages.at(0).number, 3);
}

TEST(Text, numbers_at_the_start_of_a_wrapped_line_are_no_items) {
  EXPECT_EQ(read_bytes("The rate changed in\n2022. It then stayed.\n").outline(),
            "p The rate changed in\n2022. It then stayed.");
}

TEST(Text, columns_aligned_by_spaces_are_tables) {
  EXPECT_EQ(read_bytes("Account                      until 1 May     from 2 May\n"
                       "-----------------------------------------------------\n"
                       "Saver, EUR 18,240.00         1.85 %          1.65 %\n"
                       "Notice 95                    2.55 %          2.35 %\n")
                .outline(),
            "t 3x3+1 @0 Account|@1 until 1 May|@2 from 2 May/@0 Saver, EUR 18,240.00|@1 1.85 %|@2 1.65 %/"
            "@0 Notice 95|@1 2.55 %|@2 2.35 %");
  EXPECT_EQ(read_bytes("Just  a paragraph\nwith odd  spaces in it\n").outline(),
            "p Just  a paragraph\nwith odd  spaces in it");
}

TEST(Text, endless_lines_are_cut) {
  const Reading reading = read_bytes(std::string(200'000, 'x'));
  std::size_t size = 0;
  for (const Block& block : reading.pages.at(0).blocks) {
    EXPECT_LE(block.text.size(), 16'384U);
    size += block.text.size();
  }
  EXPECT_EQ(size, 200'000U);
}

// --- Markdown
// ------------------------------------------------------------------------------------------------------

TEST(Markdown, github_structure) {
  const Reading reading = read_bytes(
      "---\ntitle: \"Handbook\"\nauthor: Ann\n---\n# Leave &amp; *pay*\n\nText with [a link](http://x) and "
      "`code`\nwrapped.\n\n"
      "- one\n  - two\n\n1. a\n2. b\n\n| K | V |\n|---|--:|\n| x<br>y | 1 |\n\n```\ncode  here\n```\n\n> "
      "quoted\n",
      "handbook.md");
  EXPECT_EQ(reading.outline(),
            "h1 Leave & pay\np Text with a link and code wrapped.\nli1 one\nli2 two\nli1 1. a\nli1 2. b\n"
            "t 2x2+1 @0 K|@1 V/@0 x y|@1 1\np code  here\np quoted");
  EXPECT_EQ(reading.properties.title, "Handbook");
  EXPECT_EQ(reading.properties.author, "Ann");
}

TEST(Markdown, html_inside_is_read_as_html) {
  EXPECT_EQ(
      read_bytes("# T\n\n<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>\n", "x.md")
          .outline(),
      "h1 T\nt 2x2+1 @0 a|@1 b/@0 1|@1 2");
}

// --- CSV
// -----------------------------------------------------------------------------------------------------------

std::vector<std::vector<std::string>> parse(std::string_view text, char delimiter = ',') {
  CsvParser parser(text, delimiter);
  std::vector<std::vector<std::string>> records;
  std::vector<std::string> fields;
  while (parser.next(fields)) records.push_back(fields);
  return records;
}

TEST(Csv, quoting_as_in_rfc_4180) {
  using Records = std::vector<std::vector<std::string>>;
  EXPECT_EQ(parse("a,\"b,c\",\"d\"\"e\"\r\n\"x\ny\",,z"), (Records{{"a", "b,c", "d\"e"}, {"x\ny", "", "z"}}));
  EXPECT_EQ(parse("a,\n\n,b\r"), (Records{{"a", ""}, {"", "b"}}));
  EXPECT_EQ(parse("\"open"), (Records{{"open"}}));
}

TEST(Csv, what_is_written_is_read_back) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng random(seed);
    std::vector<std::vector<std::string>> records(1 + random.below(5));
    std::string text;
    for (auto& record : records) {
      record.resize(2 + random.below(4));
      for (std::size_t i = 0; i < record.size(); ++i) {
        for (std::uint32_t n = random.below(6); n > 0; --n) record[i] += "ab,\"\n\r;"[random.below(7)];
        text += i > 0 ? "," : "";
        text += '"';
        for (const char c : record[i]) text += c == '"' ? std::string("\"\"") : std::string(1, c);
        text += '"';
      }
      text += "\r\n";
    }
    EXPECT_EQ(parse(text), records);
  }
}

TEST(Csv, delimiters_are_found) {
  EXPECT_EQ(guess_csv_delimiter("a;b;c\n1,5;2,5;3\n4,1;5,2;6\n", 3), ';');
  EXPECT_EQ(guess_csv_delimiter("a\tb\n1\t2\n3\t4\n", 3), '\t');
  EXPECT_EQ(guess_csv_delimiter("Prose has commas, too.\nBut not, as here, evenly.\nNever.\nNo\n", 3), '\0');
}

TEST(Csv, long_tables_are_pages_that_repeat_their_header) {
  std::string text = "id,amount\n";
  for (int i = 0; i < 1'100; ++i) text += std::to_string(i) + "," + std::to_string(i * 2) + ".50\n";
  const Reading reading = read_bytes(text);
  ASSERT_EQ(reading.pages.size(), 3U);
  EXPECT_EQ(reading.properties.page_count, 3);
  EXPECT_EQ(reading.properties.media_type, "text/csv");
  for (const ExtractedPage& page : reading.pages) {
    EXPECT_EQ(page.blocks.at(0).table->header_rows, 1U);
    EXPECT_EQ(page.blocks.at(0).table->cells.at(0).text, "id");
  }
  EXPECT_EQ(reading.block(1, 0).table->cells.at(2).text, "500");
  EXPECT_EQ(reading.block(2, 0).table->rows, 101U);
  EXPECT_EQ(read_bytes(text, "", 3).pages.size(), 1U);
}

// --- JSON
// ----------------------------------------------------------------------------------------------------------

TEST(Json, members_become_paths_and_numbers_stay_as_written) {
  EXPECT_EQ(
      read_bytes(
          R"({"name":"Ann","rate":1.50,"big":12345678901234567890,"address":{"city":"Selwyn","codes":[1,2]},"none":null})")
          .outline(),
      "p name: Ann\nrate: 1.50\nbig: 12345678901234567890\nh2 address\np city: Selwyn\ncodes[0]: "
      "1\ncodes[1]: 2\n"
      "p none: null");
}

TEST(Json, arrays_of_flat_objects_are_tables) {
  EXPECT_EQ(read_bytes(R"({"total":2,"items":[{"id":1,"fee":"4.50"},{"id":2,"fee":"6.00","note":"new"}]})")
                .outline(),
            "p total: 2\nh2 items\nt 3x3+1 @0 id|@1 fee|@2 note/@0 1|@1 4.50/@0 2|@1 6.00|@2 new");
  EXPECT_EQ(read_bytes(R"([{"a":1,"b":{"c":true}},{"a":2}])").outline(), "p a: 1\nb.c: true\np a: 2");
  EXPECT_EQ(read_bytes(R"([1,"two",[3]])").outline(), "p 1\np two\np [0]: 3");
}

TEST(Json, lines_are_records) {
  const Reading reading = read_bytes("{\"a\":1,\"b\":2}\n{\"a\":3,\"b\":4}\n\n{\"a\":5,\"b\":6}\n");
  EXPECT_EQ(reading.properties.media_type, "application/jsonl");
  EXPECT_EQ(reading.outline(), "t 4x2+1 @0 a|@1 b/@0 1|@1 2/@0 3|@1 4/@0 5|@1 6");
  std::string many;
  for (int i = 0; i < 450; ++i) many += "{\"id\":" + std::to_string(i) + ",\"x\":1}\n";
  EXPECT_EQ(read_bytes(many).pages.size(), 3U);
}

TEST(Json, broken_lines_are_kept_and_broken_files_are_said) {
  EXPECT_EQ(read_bytes("{\"a\":1}\n{\"a\":2}\nnot json\n", "x.jsonl").outline(),
            "p a: 1\np a: 2\np not json");
  const Reading cut = read_bytes("{\"a\": [1, 2,\n", "x.json");
  EXPECT_EQ(cut.status.error().code(), Code::invalid_argument);
  EXPECT_NE(cut.status.error().message().find("cut off"), std::string::npos);
  EXPECT_EQ(read_bytes(std::string(100'000, '[')).status.error().code(), Code::resource_exhausted);
}

}  // namespace
}  // namespace loadline
