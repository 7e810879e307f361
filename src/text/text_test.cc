#include <gtest/gtest.h>

#include "base/rng.h"
#include "text/period.h"
#include "text/quantity.h"
#include "text/sentence.h"
#include "text/word.h"

namespace loadline {
namespace {

Quantity one(std::string_view text) {
  const auto found = find_quantities(text);
  EXPECT_EQ(found.size(), 1U) << text;
  return found.empty() ? Quantity() : found[0];
}

TEST(Quantity, reads_value_scale_unit_and_sign) {
  EXPECT_EQ(one("about $1,234.50 a year").value, 1234.5);
  EXPECT_EQ(one("about $1,234.50 a year").currency, U'$');
  EXPECT_EQ(one("5.8 billion").scale, 1e9);
  EXPECT_EQ(one("(1,204)").value, -1204);
  EXPECT_EQ(one("$(12)").value, -12);
  EXPECT_EQ(one("(12 items)").value, 12);
  EXPECT_EQ(one("-3.5%").value, -3.5);
  EXPECT_EQ(one("3.5 per cent").unit, QuantityUnit::percent);
  EXPECT_EQ(one("EUR 45").currency, U'\u20AC');
  EXPECT_EQ(one("45 \xE2\x82\xAC").currency, U'\u20AC');
  EXPECT_EQ(one("within twelve days").value, 12);
  EXPECT_EQ(one("the 15th day").value, 15);
  EXPECT_EQ(one("FY2022").value, 2022);
  EXPECT_EQ(one("2 million accounts").scale, 1e6);
  EXPECT_EQ(one("7 meetings").scale, 0) << "the m of meetings is no scale";
  EXPECT_EQ(one("7m").scale, 1e6);
  EXPECT_TRUE(find_quantities("form A4 and x86_64").empty());
}

TEST(Quantity, tables_state_a_scale_once) {
  EXPECT_EQ(stated_scale("(Amounts in millions, except per share data)"), 1e6);
  EXPECT_EQ(stated_scale("$ in thousands"), 1e3);
  EXPECT_EQ(stated_scale("Fees"), 0);
}

bool same(std::string_view claim, std::string_view source, double scale = 0) {
  return same_quantity(one(claim), one(source), scale);
}

TEST(Quantity, agreement_knows_scales_rounding_and_units) {
  EXPECT_TRUE(same("$5,794 million", "5,794", 1e6));
  EXPECT_TRUE(same("$5.8 billion", "5,794", 1e6));
  EXPECT_TRUE(same("$5,794,000,000", "5,794", 1e6));
  EXPECT_TRUE(same("$5,794", "5,794", 1e6)) << "the scale may be left out";
  EXPECT_FALSE(same("$5.9 billion", "5,794", 1e6));
  EXPECT_FALSE(same("$5,794 thousand", "5,794", 1e6));
  EXPECT_FALSE(same("12%", "$12"));
  EXPECT_TRUE(same("3.1%", "3.14%"));
  EXPECT_FALSE(same("3.14%", "3.1%"));
  EXPECT_TRUE(same("a loss of $12 million", "(12)", 1e6));
  EXPECT_FALSE(same("-12", "12"));
  EXPECT_FALSE(
      same("\xE2\x82\xAC"
           "45",
           "$45"));
}

std::vector<std::string> sentences(std::string_view text) {
  std::vector<std::string> out;
  for (const TextSpan span : split_sentences(text)) out.emplace_back(span.of(text));
  return out;
}

TEST(Sentence, ends_where_people_end_them) {
  using V = std::vector<std::string>;
  EXPECT_EQ(sentences("The fee is $4.50. It is due on Dec. 31. Ask Mr. Hale!"),
            (V{"The fee is $4.50.", "It is due on Dec. 31.", "Ask Mr. Hale!"}));
  EXPECT_EQ(sentences("It is $45. [2] The limit is 3 [1]."), (V{"It is $45. [2]", "The limit is 3 [1]."}));
  EXPECT_EQ(sentences("Rules:\n- one\n- two\n\nNext"), (V{"Rules:", "- one", "- two", "Next"}));
  EXPECT_EQ(sentences("J. Orr of Orr Corp. left. \"Why?\" he said."),
            (V{"J. Orr of Orr Corp. left.", "\"Why?\" he said."}));
  EXPECT_TRUE(sentences(" \n ").empty());
}

TEST(SentenceStream, equals_the_whole_for_every_way_of_cutting) {
  const std::string text =
      "The fee is $4.50 [1]. It is due on Dec. 31. [2]\n- one item\n- two\n\nAsk Mr. Hale! He knows "
      "\xE2\x80\x9Cwhy.\xE2\x80\x9D [1, 2] End";
  const std::uint64_t seed = 4711;
  Rng rng(seed);
  for (int round = 0; round < 300; ++round) {
    SentenceStream stream;
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = std::min<std::size_t>(text.size() - at, round == 0 ? 1 : 1 + rng.below(20));
      for (std::string& s : stream.feed(std::string_view(text).substr(at, length)))
        pieces.push_back(std::move(s));
      at += length;
    }
    for (std::string rest = stream.finish(); !rest.empty(); rest.clear())
      for (const TextSpan span : split_sentences(rest)) pieces.emplace_back(span.of(rest));
    std::vector<std::string> trimmed;
    for (const std::string& piece : pieces)
      for (const TextSpan span : split_sentences(piece)) trimmed.emplace_back(span.of(piece));
    ASSERT_EQ(trimmed, sentences(text)) << "seed " << seed << " round " << round;
  }
}

std::string periods(std::string_view text) {
  std::string out;
  for (const Period& period : find_periods(text)) out += (out.empty() ? "" : " ") + period.name();
  return out;
}

TEST(Period, reads_years_quarters_and_dates) {
  EXPECT_EQ(periods("FY2022 and FY22, fiscal 2021, fiscal year ended 2019"), "2022 2022 2021 2019");
  EXPECT_EQ(periods("Q4 2022, 2022Q3, 4Q22, Q2 FY2023, 2023 Q1"), "2022-Q4 2022-Q3 2022-Q4 2023-Q2 2023-Q1");
  EXPECT_EQ(periods("fourth quarter of fiscal 2022; second quarter 2024"), "2022-Q4 2024-Q2");
  EXPECT_EQ(periods("December 31, 2022, 31 December 2021, 2020-02-29 and 7/4/2019"),
            "2022-12-31 2021-12-31 2020-02-29 2019-07-04");
  EXPECT_EQ(periods("Sept. 2020 in May 1999"), "2020-09 1999-05");
  EXPECT_EQ(periods("page 12 of 345, $1,999 and 20222"), "");
}

std::string stems(std::string_view text) {
  WordReader reader;
  std::string out;
  for (const ContentWord& word : reader.read(text)) out += (out.empty() ? "" : " ") + word.stem;
  return out;
}

TEST(Word, content_words_are_stemmed_and_folded) {
  EXPECT_EQ(stems("The bank's fees for Overdrafts"), "bank fee overdraft");
  EXPECT_EQ(stems("caf\xC3\xA9-owners \xE2\x80\x94 \xC3\x9C"
                  "berweisung"),
            "cafe owner uberweisung");
  WordReader reader;
  const auto words = reader.read("It paid Orr Corp. Nothing else");
  EXPECT_TRUE(words[1].capitalised && !words[1].sentence_start);
  EXPECT_TRUE(words.back().stem == "els");
}

TEST(Period, half_years_are_read_and_cover_what_is_asked) {
  const auto one = [](std::string_view text) {
    const std::vector<Period> found = find_periods(text);
    return found.size() == 1 ? found.front() : Period{};
  };
  for (const char* text :
       {"H1 2025", "1H25", "first half of 2025", "first six months of 2025", "first half-year 2025"})
    EXPECT_EQ(one(text).name(), "2025-H1") << text;
  EXPECT_TRUE(one("31 December 2025").covers(one("2025")));
  EXPECT_FALSE(one("2025").covers(one("Q2 2025")));
  EXPECT_TRUE(covered_by(one("Q2 2025"), find_periods("Q2, of the year 2025")));
  EXPECT_FALSE(covered_by(one("Q2 2025"), find_periods("Q2, of the year 2024")));
  EXPECT_FALSE(covered_by(one("Q2 2025"), find_periods("of the year 2025")));
}

TEST(Quantity, scales_of_captions) {
  EXPECT_EQ(stated_scale("EUR000"), 1e3);
  EXPECT_EQ(stated_scale("in EUR thousand"), 1e3);
  EXPECT_EQ(stated_scale("EUR million"), 1e6);
  EXPECT_EQ(stated_scale("(in million)"), 1e6);
  EXPECT_EQ(stated_scale("a million thanks"), 0);
  EXPECT_EQ(stated_scale("branch 000"), 0);
}

}  // namespace
}  // namespace loadline
