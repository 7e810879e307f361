#include "llama/text_stream.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "base/utf8.h"

namespace loadline::llama {
namespace {

TEST(TextStream, ReleasesPlainTextAtOnce) {
  TextStream stream({});
  EXPECT_FALSE(stream.push("Hello"));
  EXPECT_EQ(stream.take(), "Hello");
  EXPECT_FALSE(stream.push(" you"));
  EXPECT_EQ(stream.take(), " you");
}

TEST(TextStream, HoldsBackTheBeginningOfACharacter) {
  TextStream stream({});
  stream.push("a\xF0\x9F");
  EXPECT_EQ(stream.take(), "a");
  stream.push("\x98");
  EXPECT_EQ(stream.take(), "");
  stream.push("\x80!");
  EXPECT_EQ(stream.take(), "\xF0\x9F\x98\x80!");
}

TEST(TextStream, StopStringAcrossTokensNeverLeaks) {
  TextStream stream({"END."});
  EXPECT_FALSE(stream.push("the E"));
  EXPECT_EQ(stream.take(), "the ");
  EXPECT_FALSE(stream.push("N"));
  EXPECT_EQ(stream.take(), "");
  EXPECT_TRUE(stream.push("D. more"));
  stream.finish();
  EXPECT_EQ(stream.take(), "");
  EXPECT_TRUE(stream.stopped());
}

TEST(TextStream, HeldTextIsFreedWhenItIsNoStopString) {
  TextStream stream({"END."});
  stream.push("the EN");
  stream.push("Z");
  EXPECT_EQ(stream.take(), "the ENZ");
  stream.push(" E");
  stream.finish();
  EXPECT_EQ(stream.take(), " E");
}

TEST(TextStream, TheEarliestOfSeveralStopStringsCounts) {
  TextStream stream({"long stop", "o"});
  EXPECT_TRUE(stream.push("ab long stop"));
  EXPECT_EQ(stream.take(), "ab ");
}

TEST(TextStream, BadBytesBecomeReplacementCharacters) {
  TextStream stream({});
  stream.push(
      "a\xFF"
      "b\x80");
  stream.finish();
  EXPECT_EQ(stream.take(),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
}

// Whatever the cuts, the text is what the whole text cut at the first stop string gives.
TEST(TextStream, CutsDoNotMatter) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    const char* const letters[] = {"a", "b", "ab", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x99\x82"};
    std::string whole;
    for (int i = 0; i < 40; ++i) whole += letters[rng.below(6)];
    std::vector<std::string> stops;
    for (std::uint32_t i = rng.below(3); i > 0; --i) {
      std::string stop;
      for (std::uint32_t n = 1 + rng.below(4); n > 0; --n) stop += letters[rng.below(6)];
      stops.push_back(stop);
    }
    std::size_t end = whole.size();
    for (const std::string& stop : stops) end = std::min(end, whole.find(stop));
    TextStream stream(stops);
    std::string given;
    for (std::size_t at = 0; at < whole.size() && !stream.stopped();) {
      const std::size_t n = std::min<std::size_t>(1 + rng.below(5), whole.size() - at);
      stream.push(std::string_view(whole).substr(at, n));
      const std::string piece = stream.take();
      EXPECT_TRUE(is_valid_utf8(piece));
      given += piece;
      at += n;
      EXPECT_EQ(whole.compare(0, given.size(), given), 0);
      EXPECT_LE(given.size(), end);
    }
    stream.finish();
    given += stream.take();
    EXPECT_EQ(given, whole.substr(0, end));
  }
}

}  // namespace
}  // namespace loadline::llama
