#include "net/http_message.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "net/response_head.h"
#include "net/spool_file.h"

namespace loadline {
namespace {

TEST(HttpMessage, PercentDecoding) {
  std::string out;
  EXPECT_TRUE(percent_decode("a%20b%2Fc+%c3%A4", out));
  EXPECT_EQ(out, "a b/c+\xc3\xa4");
  for (const char* broken : {"%", "%2", "a%zz", "%2g"}) EXPECT_FALSE(percent_decode(broken, out)) << broken;
}

TEST(HttpMessage, QueryParameters) {
  EXPECT_EQ(query_parameter("limit=10&after=a%26b+c&x", "after"), "a&b c");
  EXPECT_EQ(query_parameter("limit=10&after=a&x", "x"), "");
  EXPECT_EQ(query_parameter("xlimit=1", "limit"), "");
}

TEST(HttpMessage, RequestIdsThatMayAppearInLogs) {
  EXPECT_TRUE(is_sane_request_id("req-1_2.3:4/5"));
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("a\"b"), std::string(129, 'a')})
    EXPECT_FALSE(is_sane_request_id(bad)) << bad;
}

TEST(ResponseHead, NoHeaderCanBeSmuggledIn) {
  HttpResponse response;
  response.content_type = "text/plain";
  response.headers = {{"a", "b"}, {"evil", "x\r\nset-cookie: y"}, {"e\nvil", "x"}};
  std::string out;
  append_response_head(
      out, response, {.content_length = 3, .close = true, .date = http_date(784111777), .request_id = "r1"});
  EXPECT_EQ(out,
            "HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\ncontent-type: text/plain\r\n"
            "content-length: 3\r\nx-request-id: r1\r\na: b\r\nconnection: close\r\n\r\n");
}

TEST(ResponseHead, Chunks) {
  std::string out;
  append_chunk(out, "");  // would end the body
  append_chunk(out, std::string(26, 'x'));
  EXPECT_EQ(out, "1a\r\n" + std::string(26, 'x') + "\r\n");
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(SpoolFile, DisappearsUnlessKept) {
  std::string name = std::filesystem::temp_directory_path() / "loadline-net-XXXXXX";
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const std::filesystem::path folder(name);
  {
    auto file = SpoolFile::create(folder / "a.part");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("abc"));
    EXPECT_FALSE(SpoolFile::create(folder / "a.part")) << "never into a file that is there";
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "a.part"));
  auto file = SpoolFile::create(folder / "a.part");
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->write("ab"));
  ASSERT_TRUE(file->write("cd"));
  SpoolFile moved = std::move(*file);
  EXPECT_EQ(moved.size(), 4U);
  ASSERT_TRUE(moved.keep_as(folder / "a.bin"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a.part"));
  EXPECT_EQ(content_of(folder / "a.bin"), "abcd");
  EXPECT_EQ(std::filesystem::status(folder / "a.bin").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace loadline
