#include "dialect/json_scan.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <random>

#include "dialect/json_string.h"

namespace loadline {
namespace {

using namespace std::string_literals;

bool scans(std::string_view text) {
  JsonIndex index;
  return index.scan(text).ok();
}

TEST(JsonScan, FindsValuesWithTheirRanges) {
  const std::string text = R"( {"a" : [1, {"b\u0062":"x\ny"} , true], "c":null, "d":"" } )";
  JsonIndex index;
  ASSERT_TRUE(index.scan(text).ok());
  const JsonView root = index.root();
  EXPECT_EQ(root.size(), 3U);
  EXPECT_EQ(root["a"].raw(), R"([1, {"b\u0062":"x\ny"} , true])");
  const JsonView second = root["a"].first().next();
  EXPECT_EQ(second["bb"].raw(), R"("x\ny")");
  EXPECT_EQ(second["bb"].text(), "x\ny");
  EXPECT_EQ(second["bb"].path(), "a[1].bb");
  EXPECT_EQ(second.next().boolean(), true);
  EXPECT_FALSE(second.next().next());
  EXPECT_TRUE(root["c"].is_null());
  EXPECT_EQ(root["d"].text(), "");
  EXPECT_EQ(root["d"].range().of(text), "\"\"");
  EXPECT_FALSE(root["e"]);
}

TEST(JsonScan, WholeNumbers) {
  const auto whole = [](std::string_view text) {
    JsonIndex index;
    EXPECT_TRUE(index.scan(text).ok()) << text;
    return index.root().unsigned_integer();
  };
  EXPECT_EQ(whole("0"), 0U);
  EXPECT_EQ(whole("4096"), 4096U);
  EXPECT_EQ(whole("1e3"), 1000U);
  EXPECT_EQ(whole("12.0"), 12U);
  EXPECT_EQ(whole("9223372036854775807"), 9223372036854775807U);
  for (const char* text : {"-1", "1.5", "9223372036854775808", "1e30", "1e999", "\"4\"", "null"})
    EXPECT_EQ(whole(text), std::nullopt) << text;
}

TEST(JsonScan, ErrorsGiveTheByte) {
  JsonIndex index;
  const Status status = index.scan(R"({"a": tru})");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), Code::invalid_argument);
  EXPECT_EQ(status.error().message(), "not valid JSON at byte 6: no JSON value");
  EXPECT_FALSE(index.root());
}

TEST(JsonScan, DepthHasABound) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(scans(nested(json_scan_depth_max)));
  EXPECT_FALSE(scans(nested(json_scan_depth_max + 1)));
  EXPECT_FALSE(scans(std::string(1 << 20, '[')));
}

TEST(JsonScan, FindsAKeyThatStandsTwice) {
  const auto repeated = [](std::string_view text) {
    JsonIndex index;
    EXPECT_TRUE(index.scan(text).ok());
    const JsonView found = index.repeated_key();
    return found ? "at " + found.path() : "none"s;
  };
  EXPECT_EQ(repeated(R"({"a":1,"b":{"a":1}})"), "none");
  EXPECT_EQ(repeated(R"({"a":1,"b":{"c":1,"\u0063":2}})"), "at b");
  EXPECT_EQ(repeated(R"({"a":1,"a":1})"), "at ");
  std::string many = "{";
  for (int i = 0; i < 40; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_EQ(repeated(many + "\"z\":1}"), "none");
  EXPECT_EQ(repeated(many + "\"k7\":1}"), "at ");
}

TEST(JsonScan, PathsShowNoContent) {
  JsonIndex index;
  ASSERT_TRUE(index.scan(R"({"tools":[{"a@b.example":1}]})").ok());
  EXPECT_EQ(index.root()["tools"].first().first().path(), "tools[0].?");
}

// What Boost.JSON accepts, we accept, and the other way round; strings decode to the same text.
TEST(JsonScan, AgreesWithBoostJson) {
  const std::vector<std::string> pieces = {
      "{",           "}",   "[",    "]",    ",",        ":",    "\"a\"",
      "\"\\u00e9\"", "1",   "-0.5", "1e5",  "true",     "null", " ",
      "\"",          "\\",  "01",   "\x01", "\xC3\xA9", "\xFF", "\"\xE2\x82\xAC\"",
      "{\"k\":",     "[1,", "-"};
  std::mt19937 random(7);
  boost::json::parse_options options;
  options.max_depth = json_scan_depth_max;
  int accepted = 0;
  for (int round = 0; round < 60000; ++round) {
    std::string text;
    const std::size_t count = 1 + random() % 7;
    for (std::size_t i = 0; i < count; ++i) text += pieces[random() % pieces.size()];
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse(text, error, {}, options);
    JsonIndex index;
    const bool ok = index.scan(text).ok();
    ASSERT_EQ(ok, !error) << text << " " << error.message();
    accepted += ok ? 1 : 0;
    if (ok && value.is_string()) {
      ASSERT_EQ(index.root().text(), std::string(value.get_string().data(), value.get_string().size()))
          << text;
    }
  }
  EXPECT_GT(accepted, 1000);
}

TEST(JsonScan, VectorCodeAgreesWithThePlainLoop) {
  std::mt19937 random(11);
  for (int round = 0; round < 20000; ++round) {
    std::string text(random() % 70, 'a');
    for (std::size_t i = 0; i < text.size() && random() % 3 != 0; ++i)
      text[random() % text.size()] = static_cast<char>(random() % 256);
    const std::size_t at = text.empty() ? 0 : random() % text.size();
    ASSERT_EQ(plain_string_bytes(text, at), plain_string_bytes_scalar(text, at));
  }
}

TEST(JsonString, EncodesWhatItDecodes) {
  std::string every;
  for (char32_t c = 1; c < 0x300; ++c) {
    char32_t value = c;
    every += value < 0x80 ? std::string(1, static_cast<char>(value))
                          : std::string{static_cast<char>(0xC0 | (value >> 6U)),
                                        static_cast<char>(0x80 | (value & 63U))};
  }
  every += "\0\xE2\x82\xAC\xF0\x9F\x98\x80"s;
  const std::string raw = json_string(every);
  EXPECT_TRUE(scans(raw));
  std::string decoded;
  append_decoded_json(decoded, raw);
  EXPECT_EQ(decoded, every);
}

TEST(JsonString, SurrogatesAndBadBytes) {
  const auto decoded = [](std::string_view raw) {
    std::string out;
    append_decoded_json(out, raw);
    return out;
  };
  EXPECT_EQ(decoded(R"("\ud83d\ude00")"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(decoded(R"("\ud83dx")"), "\xEF\xBF\xBDx");
  EXPECT_EQ(decoded(R"("\ude00\ud83d")"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(json_string("a\xFF"), "\"a\xEF\xBF\xBD\"");
}

// Replacing any range of the decoded text in the raw bytes gives the decoded text with that range replaced.
TEST(JsonString, RangesOfDecodedTextMapBack) {
  const std::string raw = R"("a\n\u00e9é\ud83d\ude00\\b\"€z")";
  const DecodedJson decoded(raw);
  const std::string& text = decoded.text();
  for (std::size_t begin = 0; begin <= text.size(); ++begin) {
    if (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) continue;
    for (std::size_t end = begin; end <= text.size(); ++end) {
      std::size_t whole = end;
      while (whole > begin && whole < text.size() &&
             (static_cast<unsigned char>(text[whole]) & 0xC0U) == 0x80U)
        ++whole;
      const std::string changed = edited(raw, {{decoded.raw_range({begin, end}), "X"}});
      ASSERT_TRUE(scans(changed)) << changed;
      std::string again;
      append_decoded_json(again, changed);
      EXPECT_EQ(again, text.substr(0, begin) + "X" + text.substr(whole));
    }
  }
}

TEST(JsonString, EditsLeaveTheRest) {
  EXPECT_EQ(edited("0123456789", {{{7, 8}, "seven"}, {{0, 2}, ""}, {{5, 5}, "+"}, {{5, 5}, "-"}}),
            "234+-56seven89");
}

}  // namespace
}  // namespace loadline
