#include "extract/format.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "extract/test_documents.h"

namespace loadline {
namespace {

using testing::compound_file_of;
using testing::docx_of;
using testing::read_bytes;
using testing::Reading;
using testing::xlsx_of;
using testing::zip_of;
using testing::ZipEntry;

std::string paragraph(const std::string& text) { return "<w:p><w:r><w:t>" + text + "</w:t></w:r></w:p>"; }

void expect_error(const std::string& bytes, Code code, const std::string& says,
                  const std::string& name = "") {
  const Reading reading = read_bytes(bytes, name);
  ASSERT_FALSE(reading.status.ok()) << "should say: " << says;
  EXPECT_EQ(reading.status.error().code(), code) << reading.status.error().message();
  EXPECT_NE(reading.status.error().message().find(says), std::string::npos)
      << reading.status.error().message();
}

TEST(Format, content_decides_and_the_name_only_breaks_ties) {
  const auto detect = [](std::string_view bytes, std::string_view name) {
    return *detect_format(bytes, name);
  };
  EXPECT_EQ(detect("junk before\n%PDF-1.7\n", "a.txt"), Format::pdf);
  EXPECT_EQ(detect(docx_of(""), "a.pdf"), Format::zip);
  EXPECT_EQ(detect("<!-- c --><HTML><body>x", "a.txt"), Format::html);
  EXPECT_EQ(detect("{\"a\": 1}", "a.txt"), Format::json);
  EXPECT_EQ(detect("{\"a\": 1}\n{\"a\": 2}\n", "a.txt"), Format::json_lines);
  EXPECT_EQ(detect("From: a\nTo: b\nSubject: c\nDate: d\n\nx", "a.txt"), Format::mail);
  EXPECT_EQ(detect("a,b\n1,2\n3,4\n5,6\n", ""), Format::csv);
  EXPECT_EQ(detect("only one, line", "x.csv"), Format::csv);
  EXPECT_EQ(detect("# A\n\ntext\n\n# B\n\ntext\n", ""), Format::markdown);
  EXPECT_EQ(detect("plain text", "x.md"), Format::markdown);
  EXPECT_EQ(detect("plain text", "x.pdf"), Format::text);
  EXPECT_EQ(detect("# a comment\nkey = value\n# another\n", "x.txt"), Format::text);
  EXPECT_EQ(detect("Dear Ann,\n\nthis, that, and more.\nYours, Bob\n", "x.txt"), Format::text);
}

TEST(Format, office_files_are_known_by_content) {
  EXPECT_EQ(read_bytes(docx_of(paragraph("x")), "wrong.pdf").outline(), "p x");
  EXPECT_EQ(read_bytes(xlsx_of({{"S", "<sheetData/>"}}), "wrong.txt").outline(), "h1 S");
}

TEST(BadInput, each_gets_a_sentence) {
  expect_error("", Code::invalid_argument, "empty");
  expect_error(" \n\t ", Code::invalid_argument, "white space");
  Rng random(3);
  std::string junk(5'000, '\0');
  for (char& c : junk) c = static_cast<char>(random.next());
  expect_error("\x01" + junk, Code::invalid_argument, "no known format", "x.docx");
  expect_error(compound_file_of("EncryptedPackage"), Code::invalid_argument, "needs a password", "x.docx");
  expect_error(compound_file_of("WordDocument"), Code::invalid_argument, "save it as DOCX");
  expect_error("\x89PNG\r\n\x1A\n....", Code::invalid_argument, "PNG image");
  expect_error("{\\rtf1\\ansi text}", Code::invalid_argument, "save it as DOCX");
  expect_error(std::string("7z\xBC\xAF\x27\x1C") + junk, Code::invalid_argument, "7-Zip");
}

TEST(BadInput, truncated_packages) {
  const std::string whole = docx_of(paragraph("some text that is long enough to be cut in the middle"));
  for (const std::size_t size : {whole.size() / 4, whole.size() / 2, whole.size() - 10})
    expect_error(whole.substr(0, size), Code::invalid_argument, "damaged or cut off");
  expect_error("PK\x03\x04", Code::invalid_argument, "damaged or cut off");
  const std::string missing = docx_of("", {{"word/document.xml", ""}});
  expect_error(missing, Code::invalid_argument, "no well-formed XML");
}

TEST(BadInput, every_prefix_and_every_flipped_byte_ends_in_an_error_or_pages) {
  std::string files[] = {docx_of(paragraph("text")),
                         xlsx_of({{"S", "<sheetData><row><c><v>1</v></c></row></sheetData>"}}),
                         zip_of({{"a.txt", "text"}, {"b.json", "{\"a\":1}"}})};
  for (std::string& file : files) {
    for (std::size_t size = 0; size < file.size(); size += 7)
      (void)read_bytes(std::string_view(file).substr(0, size));
    Rng random(11);
    for (int i = 0; i < 300; ++i) {
      std::string damaged = file;
      damaged[random.below(static_cast<std::uint32_t>(file.size()))] = static_cast<char>(random.next());
      const Reading reading = read_bytes(damaged);
      EXPECT_TRUE(reading.status.ok() || !reading.status.error().message().empty());
    }
  }
}

TEST(BadInput, passwords) {
  expect_error(zip_of({{"a.txt", "secret"}}, "word"), Code::invalid_argument, "needs a password");
  // One locked member among others is lost alone.
  expect_error(zip_of({{"a.txt", "secret"}, {"b.txt", "secret"}}, "word"), Code::invalid_argument,
               "needs a password");
}

TEST(Bomb, high_ratios_stop_early) {
  const std::string zeros(std::size_t{64} << 20, '0');
  expect_error(zip_of({{"zeros.txt", zeros}}), Code::resource_exhausted, "ZIP bomb");
  expect_error(docx_of("", {{"word/document.xml", zeros}}), Code::resource_exhausted, "ZIP bomb");
}

TEST(Bomb, nesting_stops) {
  std::string inner = zip_of({{"a.txt", "text"}});
  for (int depth = 0; depth < 3; ++depth) inner = zip_of({{"inner.zip", inner}});
  EXPECT_TRUE(read_bytes(inner).status.ok());
  for (int depth = 0; depth < 3; ++depth) inner = zip_of({{"inner.zip", inner}});
  expect_error(inner, Code::resource_exhausted, "inside one another");
}

TEST(Bomb, many_nested_members_share_one_budget) {
  // 40 members of 1 MiB, each far below every bound, against a budget of 32 MiB.
  std::string member;
  Rng random(5);
  while (member.size() < std::size_t{1} << 20) member += std::to_string(random.next()) + "\n";
  const std::string packed = zip_of({{"m.txt", member}});
  std::vector<ZipEntry> entries;
  for (int i = 0; i < 40; ++i) entries.push_back({"m" + std::to_string(i) + ".zip", packed});
  const std::string file = zip_of(entries);
  EXPECT_TRUE(read_bytes(file).status.ok());
  const Reading reading = read_bytes(file, "", 1, std::uint64_t{32} << 20);
  ASSERT_FALSE(reading.status.ok());
  EXPECT_EQ(reading.status.error().code(), Code::resource_exhausted);
}

TEST(Bomb, deep_xml) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<w:p>";
  expect_error(docx_of("", {{"word/document.xml", deep}}), Code::resource_exhausted, "inside one another");
}

TEST(Bomb, entities_are_not_expanded) {
  const std::string laughs =
      "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><w:document "
      "xmlns:w=\"w\"><w:body>" +
      paragraph("&b;&b;") + "</w:body></w:document>";
  expect_error(docx_of("", {{"word/document.xml", laughs}}), Code::invalid_argument, "DTD");
}

TEST(Zip, members_are_runs_of_pages) {
  const Reading reading = read_bytes(zip_of({{"docs/", ""},
                                             {"docs/a.txt", "one\ftwo"},
                                             {"__MACOSX/x", "litter"},
                                             {"b\nc.docx", docx_of(paragraph("three"))},
                                             {"d.bin", std::string("\x00\x01\x02\x03", 4)}}));
  ASSERT_TRUE(reading.status.ok()) << reading.status.error().message();
  ASSERT_EQ(reading.pages.size(), 4U);
  EXPECT_EQ(reading.properties.page_count, 4);
  EXPECT_EQ(reading.outline(0), "h1 docs/a.txt\np one");
  EXPECT_EQ(reading.outline(1), "p two");
  EXPECT_EQ(reading.outline(2), "h1 b\\nc.docx\np three");
  EXPECT_EQ(reading.pages[3].number, 4);
  EXPECT_NE(reading.pages[3].lost_reason.find("d.bin: "), std::string::npos);
}

TEST(Zip, reading_goes_on_in_the_middle) {
  const std::string file = zip_of({{"a.txt", "one\ftwo"}, {"b.txt", "three\ffour"}});
  for (int first = 1; first <= 4; ++first) {
    const Reading reading = read_bytes(file, "", first);
    ASSERT_EQ(reading.pages.size(), static_cast<std::size_t>(5 - first));
    EXPECT_EQ(reading.pages[0].number, first);
  }
}

TEST(Zip, names_that_point_outside_are_only_names) {
  const Reading reading = read_bytes(zip_of({{"../../etc/passwd", "text"}}));
  EXPECT_EQ(reading.outline(0), "h1 ../../etc/passwd\np text");
}

}  // namespace
}  // namespace loadline
