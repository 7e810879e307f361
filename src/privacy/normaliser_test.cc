#include "privacy/normaliser.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "base/utf8.h"

namespace loadline {
namespace {

std::string folded(std::string_view text) {
  Normaliser normaliser;
  normaliser.append(text);
  normaliser.finish();
  return std::string(normaliser.text());
}

TEST(Normaliser, MakesEqualWhatOnlyLooksDifferent) {
  EXPECT_EQ(folded("plain 123"), "plain 123");
  EXPECT_EQ(folded("\xEF\xBC\x94\xEF\xBC\x90"), "40");  // full-width
  EXPECT_EQ(folded("\xD9\xA4\xD9\xA2"), "42");          // Arabic-Indic
  EXPECT_EQ(folded("\xF0\x9D\x9F\x93"), "5");           // mathematical
  EXPECT_EQ(folded("\xE2\x91\xA2\xC2\xB2"), "32");      // circled, superscript
  EXPECT_EQ(folded("4\xE2\x80\x8B"
                   "2\xC2\xAD"
                   "1\xEF\xBB\xBF"),
            "421");                                     // zero-width blank, soft hyphen, byte order mark
  EXPECT_EQ(folded("4\xEF\xB8\x8F\xE2\x83\xA3"), "4");  // keycap
  EXPECT_EQ(folded("e\xCC\x81t\xC3\xA9"), "ete");       // both forms of the accent
  EXPECT_EQ(folded("1\xC2\xA0"
                   "2\xE2\x80\x89"
                   "3"),
            "1 2 3");  // blanks
  EXPECT_EQ(folded("1\xE2\x80\x93"
                   "2\xE2\x88\x92"
                   "3"),
            "1-2-3");                           // dashes
  EXPECT_EQ(folded("\xD0\x90\xD0\x92"), "AB");  // Cyrillic look-alikes
  EXPECT_EQ(folded("a\xEF\xBC\xA0"
                   "b"),
            "a@b");
  EXPECT_EQ(folded("Stra\xC3\x9F"
                   "e \xE5\x8D\xA1"),
            "Stra\xC3\x9F"
            "e \xE5\x8D\xA1");  // these stay
}

TEST(Normaliser, FindsTheOriginalPlace) {
  const std::string text = "a\xE2\x80\x8B\xEF\xBC\x94\xE2\x80\x8B\xEF\xBC\x90z";  // a ZW 4 ZW 0 z
  Normaliser normaliser;
  normaliser.append(text);
  normaliser.finish();
  ASSERT_EQ(normaliser.text(), "a40z");
  EXPECT_EQ(normaliser.original_begin(1), 4U);  // not the ignorable before it
  EXPECT_EQ(normaliser.original_end(2), 7U);    // nor the one after it
  EXPECT_EQ(normaliser.original_begin(2), 10U);
  EXPECT_EQ(normaliser.original_end(3), 13U);
  EXPECT_EQ(normaliser.original_end(4), text.size());
}

TEST(Normaliser, BadBytesStay) {
  for (const std::string text : {"\xFF\xFE",
                                 "a\x80"
                                 "b",
                                 "\xE2\x82", "\xED\xA0\x80", "\xF0\x9F"})
    EXPECT_EQ(folded(text), text);
}

TEST(Normaliser, AnIgnorableRunIsBounded) {
  std::string text = "4";
  for (int i = 0; i < 100; ++i) text += "\xE2\x80\x8B";
  text += "2";
  EXPECT_NE(folded(text), "42");
  EXPECT_EQ(folded(text).size(), 2 + 3 * (100 - Normaliser::ignorable_run_max));
}

std::string random_text(Rng& rng) {
  static constexpr const char* pieces[] = {"a",
                                           "4",
                                           " ",
                                           "\xE2\x80\x8B",
                                           "\xEF\xBC\x94",
                                           "\xC3\xA9",
                                           "\xCC\x81",
                                           "\xE5\x8D\xA1",
                                           "\xFF",
                                           "\xE2\x82",
                                           "\xF0\x9D\x9F\x93"};
  std::string text;
  for (std::uint32_t n = rng.below(60); n > 0; --n) text += pieces[rng.below(11)];
  return text;
}

// Every cut into pieces gives the same text and the same places; forgetting a part moves them all.
TEST(Normaliser, PiecesAndForgettingChangeNothing) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Rng rng(seed);
    const std::string text = random_text(rng);
    Normaliser whole, pieces;
    whole.append(text);
    whole.finish();
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = 1 + rng.below(4);
      pieces.append(std::string_view(text).substr(at, size));
      at += size;
    }
    pieces.finish();
    ASSERT_EQ(whole.text(), pieces.text()) << "seed " << seed;
    for (std::size_t i = 0; i <= whole.text().size(); ++i) {
      ASSERT_EQ(whole.original_begin(i), pieces.original_begin(i)) << "seed " << seed;
      if (i > 0) {
        ASSERT_EQ(whole.original_end(i), pieces.original_end(i)) << "seed " << seed;
      }
    }
    const std::size_t cut =
        whole.text().empty() ? 0 : rng.below(static_cast<std::uint32_t>(whole.text().size()));
    const std::size_t gone = pieces.forget(cut);
    ASSERT_EQ(gone, whole.original_begin(cut)) << "seed " << seed;
    ASSERT_EQ(pieces.text(), whole.text().substr(cut)) << "seed " << seed;
    for (std::size_t i = 1; i <= pieces.text().size(); ++i)
      ASSERT_EQ(pieces.original_end(i) + gone, whole.original_end(cut + i)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace loadline
