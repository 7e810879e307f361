#include "privacy/name_words.h"

#include <gtest/gtest.h>

#include <string>

#include "base/rng.h"

namespace loadline {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (const NameWord& word : name_words(text, text.size()))
    words.emplace_back(text.substr(word.begin, word.end - word.begin));
  return words;
}

bool has(const NameWord& word, NameFeature feature) {
  return word.features.test(static_cast<std::size_t>(feature));
}

TEST(NameWords, WordsSignsAndAddresses) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(words_of("Mr. O'Hara, 12a"), (Words{"Mr", ".", "O", "'", "Hara", ",", "12a"}));
  EXPECT_EQ(words_of("see https://www.brackwater.example/help, or brackwater.example."),
            (Words{"see", "https://www.brackwater.example/help", ",", "or", "brackwater.example", "."}));
  EXPECT_EQ(words_of("m.lind@brackwater.example wrote"), (Words{"m.lind@brackwater.example", "wrote"}));
  EXPECT_EQ(words_of("to [PERSON_7F3BK2QX]!"), (Words{"to", "[PERSON_7F3BK2QX]", "!"}));
  EXPECT_EQ(words_of("end.The next"), (Words{"end", ".", "The", "next"}));
  EXPECT_EQ(words_of("Zden\xC4\x9Bk \xE2\x80\x9CHi\xE2\x80\x9D"),
            (Words{"Zden\xC4\x9Bk", "\xE2\x80\x9C", "Hi", "\xE2\x80\x9D"}));
  EXPECT_TRUE(words_of(" \n\t").empty());
}

TEST(NameWords, FormsAndLists) {
  const std::string text = "Dear Mrs \xC3\x89lise LIND, born 1970 in TX";
  const std::vector<NameWord> words = name_words(text, text.size());
  ASSERT_EQ(words.size(), 9U);
  EXPECT_TRUE(has(words[0], NameFeature::name_cue) && has(words[0], NameFeature::sentence_start));
  EXPECT_TRUE(has(words[1], NameFeature::title));
  EXPECT_TRUE(has(words[2], NameFeature::capital) && has(words[2], NameFeature::marked));
  EXPECT_TRUE(has(words[3], NameFeature::all_capitals) && has(words[3], NameFeature::family_name));
  EXPECT_TRUE(has(words[6], NameFeature::year));
  EXPECT_TRUE(has(words[8], NameFeature::region_code));
  EXPECT_FALSE(has(name_words("in the house", 99)[0], NameFeature::region_code));
}

TEST(NameWords, NoMoreThanAskedFor) { EXPECT_EQ(name_words("a b c d", 2).size(), 2U); }

std::string random_bytes(Rng& rng, std::size_t size) {
  static constexpr std::string_view pieces[] = {"Mara ",
                                                "Mr. ",
                                                "e.g. ",
                                                "end. ",
                                                "\n",
                                                "?",
                                                "\xC3\xA9",
                                                "\xE2\x82",
                                                "\xFF",
                                                "12.5 ",
                                                "x",
                                                "[CARD_",
                                                "www.a.b ",
                                                "\xE5\x8D\xA1",
                                                "\x80\x80\x80",
                                                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
  std::string text;
  while (text.size() < size) text += pieces[rng.below(std::size(pieces))];
  return text;
}

TEST(NameUnits, AnEndThatIsGivenDoesNotMoveWithMoreText) {
  std::size_t early = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Rng rng(seed);
    const std::string text = random_bytes(rng, rng.below(1500));
    const std::size_t whole = text.empty() ? 0 : name_unit_end(text, true);
    ASSERT_LE(whole, NameUnits::bytes_max) << "seed " << seed;
    ASSERT_TRUE(text.empty() || whole > 0) << "seed " << seed;
    for (std::size_t size = 1; size <= std::min<std::size_t>(text.size(), 600); ++size) {
      const std::size_t end = name_unit_end(std::string_view(text).substr(0, size), false);
      if (end == 0) {
        // At most so much is waited for.
        ASSERT_LT(size, NameUnits::bytes_max + NameUnits::look_ahead) << "seed " << seed;
        continue;
      }
      ++early;
      ASSERT_EQ(end, whole) << "seed " << seed << ", " << size << " bytes";
    }
  }
  EXPECT_GT(early, 10'000U);
}

TEST(NameUnits, ASentenceIsOneUnlessItIsShort) {
  const std::string first = "The customer has asked for a new card and a new code. ";
  EXPECT_EQ(name_unit_end(first + "It was sent.", true), first.size() - 1);
  EXPECT_EQ(name_unit_end("Dear all. It was sent.", true), 22U);
  const std::string title = "The letter of last week has been answered again by Mr. Lind in person";
  EXPECT_EQ(name_unit_end(title, true), title.size());
}

}  // namespace
}  // namespace loadline
