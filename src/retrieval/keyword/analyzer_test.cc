#include "retrieval/keyword/analyzer.h"

#include <gtest/gtest.h>

#include <set>

#include "base/rng.h"
#include "base/utf8.h"
#include "retrieval/keyword/query_terms.h"

namespace loadline {
namespace {

struct Terms {
  std::vector<std::string> counting;
  std::vector<std::string> extra;
  bool has(const std::string& term) const {
    return std::count(counting.begin(), counting.end(), term) + std::count(extra.begin(), extra.end(), term) >
           0;
  }
};

Terms terms_of(std::string_view text) {
  Terms terms;
  Analyzer analyzer;
  analyzer.analyze(text, [&](std::string_view term, bool counts) {
    (counts ? terms.counting : terms.extra).emplace_back(term);
  });
  return terms;
}

using List = std::vector<std::string>;

TEST(Analyzer, words_are_folded_and_stemmed) {
  EXPECT_EQ(terms_of("The Companies' RUNNING costs").counting, (List{"the", "compani", "run", "cost"}));
  EXPECT_EQ(terms_of("Café naïve Ångström Straße Łódź Ærø").counting,
            terms_of("cafe naive angstrom strasse lodz aero").counting);
  EXPECT_EQ(terms_of("cafe\u0301").counting, terms_of("caf\u00e9").counting);  // combining and composed
  EXPECT_EQ(terms_of("\uFB01nance \uFF21\uFF22\uFF23").counting, terms_of("finance abc").counting);
  EXPECT_EQ(terms_of("co\u00ADoperation").counting, terms_of("cooperation").counting);  // soft hyphen
  EXPECT_EQ(terms_of("Москва ΑΘΗΝΑ").counting, terms_of("москва αθηνα").counting);
  EXPECT_EQ(terms_of("Ά").counting, terms_of("α").counting);
}

TEST(Analyzer, apostrophes) {
  EXPECT_EQ(terms_of("company's company\u2019s").counting, (List{"compani", "compani"}));
  EXPECT_EQ(terms_of("don't O'Neill").counting, (List{"dont", "oneil"}));
  EXPECT_TRUE(terms_of("O\u2019Neill").has("neill"));
}

TEST(Analyzer, numbers_by_shape_and_value) {
  EXPECT_EQ(terms_of("1,234.5").counting, (List{"1234.5"}));
  EXPECT_EQ(terms_of("1,234,567").counting, (List{"1234567"}));
  EXPECT_TRUE(terms_of("45.00").has("45"));
  EXPECT_TRUE(terms_of("1,234.50").has("1234.5"));
  EXPECT_EQ(terms_of("1.234,56").counting, (List{"1234.56"}));
  EXPECT_EQ(terms_of("1'234'567").counting, (List{"1234567"}));
  EXPECT_EQ(terms_of("1\u202F234\u202F567").counting, (List{"1234567"}));
  EXPECT_EQ(terms_of("(1,234)").counting, (List{"1234"}));
  EXPECT_EQ(terms_of("$.45").counting, (List{"0.45"}));
  EXPECT_EQ(terms_of("1,2,3").counting, (List{"1", "2", "3"}));
  EXPECT_EQ(terms_of("See 4.Next").counting, (List{"see", "4", "next"}));
  EXPECT_EQ(terms_of("\u0661\u0662").counting, (List{"12"}));
}

TEST(Analyzer, currency_and_percent) {
  EXPECT_EQ(terms_of("$1,234.50").extra, (List{"1234.5", "$1234.5"}));
  EXPECT_TRUE(terms_of("$ 45").has("$45"));
  EXPECT_TRUE(terms_of("\u20AC 45.00").has("\u20AC45"));
  EXPECT_FALSE(terms_of("$ and 45").has("$45"));
  for (const char* text : {"12.5%", "12.5 %", "12.5 percent", "12.5 per cent", "12.50%"}) {
    EXPECT_TRUE(terms_of(text).has("12.5%")) << text;
    EXPECT_TRUE(terms_of(text).has("12.5")) << text;
  }
  EXPECT_FALSE(terms_of("12.5 percentile").has("12.5%"));
}

TEST(Analyzer, sections) {
  for (const char* text :
       {"\u00A7 12.3", "\u00A712.3", "Section 12.3", "sec. 12.3", "\u00A7\u00A7 12.3(a)"}) {
    EXPECT_TRUE(
        terms_of(text).has("\u00A7"
                           "12.3"))
        << text;
    EXPECT_TRUE(terms_of(text).has("12.3")) << text;
  }
  EXPECT_FALSE(terms_of("this section has 12.3")
                   .has("\u00A7"
                        "12.3"));
  EXPECT_EQ(terms_of("12.3.4").counting, (List{"12.3.4"}));
  EXPECT_FALSE(terms_of("12.10").counting == terms_of("12.1").counting);
}

TEST(Analyzer, compounds_are_found_joined_and_in_parts) {
  const Terms compound = terms_of("long-term");
  EXPECT_EQ(compound.counting, (List{"long", "term"}));
  EXPECT_EQ(compound.extra, terms_of("longterm").counting);
  EXPECT_EQ(terms_of("long\u2011term").extra, compound.extra);
  EXPECT_EQ(terms_of("10-K").extra, (List{"10k"}));
  EXPECT_TRUE(terms_of("10K").has("10k"));
  EXPECT_TRUE(terms_of("2022-12-31").has("2022-12-31"));
  EXPECT_TRUE(terms_of("2022-12-31").has("2022"));
  EXPECT_TRUE(terms_of("R&D").has("r&d"));
  EXPECT_TRUE(terms_of("A/R").has("a/r"));
  EXPECT_TRUE(terms_of("and/or").has("or"));
  EXPECT_EQ(terms_of("U.S.").counting, (List{"us"}));
  EXPECT_EQ(terms_of("U.S.A").counting, (List{"usa"}));
  EXPECT_EQ(terms_of("U.S.-based").counting, (List{"us", "base"}));
}

TEST(Analyzer, codes_tickers_and_ids) {
  EXPECT_EQ(terms_of("FY2022").counting, (List{"fy2022"}));
  EXPECT_EQ(terms_of("FY2022").extra, (List{"fy", "2022"}));
  EXPECT_EQ(terms_of("2022Q4").extra, (List{"2022", "q4"}));
  EXPECT_EQ(terms_of("Q4").counting, (List{"q4"}));
  EXPECT_TRUE(terms_of("BRK.B").has("brk.b"));
  EXPECT_TRUE(terms_of("$BWTR").has("$bwtr"));
  EXPECT_TRUE(terms_of("$BWTR").has("bwtr"));
  const Terms mail = terms_of("jane.doe_1@bank.example");
  EXPECT_TRUE(mail.has("jane.doe_1@bank.example"));
  EXPECT_TRUE(mail.has("bank"));
  EXPECT_TRUE(terms_of("ABC_123").has("abc_123"));
}

TEST(Analyzer, signs_that_do_not_tie) {
  EXPECT_EQ(terms_of("Revenue\u00B9 Acme\u2122 grew").counting, (List{"revenu", "1", "acm", "grew"}));
  EXPECT_EQ(terms_of("2020\u20132022").counting, (List{"2020", "2022"}));
  EXPECT_EQ(terms_of("end.\u201CNext").counting, (List{"end", "next"}));
  EXPECT_TRUE(terms_of(" \n-\u2014 ...").counting.empty());
}

TEST(Analyzer, scripts_without_spaces_give_pairs) {
  EXPECT_EQ(terms_of("\u6771\u4EAC\u90FD").counting, (List{"\u6771\u4EAC", "\u4EAC\u90FD"}));
  EXPECT_EQ(terms_of("\u6771").counting, (List{"\u6771"}));
  EXPECT_EQ(terms_of("\uD55C\uAD6D").counting, (List{"\uD55C\uAD6D"}));
}

TEST(Analyzer, long_words_are_cut_at_a_character) {
  std::string text(200, 'x');
  text[63] = '\xC3', text[64] = '\xB1';  // n with tilde, folds to n
  for (const auto& term : terms_of(text).counting) EXPECT_LE(term.size(), term_bytes_max);
  const std::string greek = [] {
    std::string out = "x";
    for (int i = 0; i < 100; ++i) out += "\u03B1";
    return out;
  }();
  const Terms terms = terms_of(greek);
  ASSERT_EQ(terms.counting.size(), 1U);
  EXPECT_EQ(terms.counting[0].size(), 63U);
}

// Any bytes: no crash, every term valid; the same terms again from the same text.
TEST(Analyzer, random_bytes_and_random_signs) {
  const std::uint64_t seed = 977;
  SCOPED_TRACE(seed);
  Rng rng(seed);
  const std::string signs = "aZ09.,'-_@/&$% \u00A7\u00E9\u6771\u202F\u2019\u00B2\n(";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::uint32_t n = rng.below(40); n > 0; --n) {
      text += rng.below(10) == 0 ? static_cast<char>(rng.below(256))
                                 : signs[rng.below(static_cast<std::uint32_t>(signs.size()))];
    }
    Analyzer analyzer;
    const auto terms = parse_query(text, analyzer);
    std::set<std::string> distinct;
    for (const QueryTerm& term : terms) {
      EXPECT_FALSE(term.term.empty());
      EXPECT_LE(term.term.size(), term_bytes_max);
      EXPECT_TRUE(is_valid_utf8(term.term));
      EXPECT_TRUE(distinct.insert(term.term).second);
      EXPECT_GE(term.count, 1U);
    }
    EXPECT_EQ(terms, parse_query(text, analyzer));
  }
}

TEST(QueryTerms, bounds) {
  Analyzer analyzer;
  std::string many;
  for (int i = 0; i < 500; ++i) many += "w" + std::to_string(i) + "x ";
  EXPECT_EQ(parse_query(many, analyzer).size(), query_terms_max);
  std::string repeated;
  for (int i = 0; i < 100; ++i) repeated += "rate ";
  const auto terms = parse_query(repeated, analyzer);
  ASSERT_EQ(terms.size(), 1U);
  EXPECT_EQ(terms[0].count, query_count_max);
  EXPECT_TRUE(parse_query("", analyzer).empty());
}

}  // namespace
}  // namespace loadline
