#include "guard/support.h"

#include <gtest/gtest.h>

#include "guard/table_view.h"

namespace loadline {
namespace {

constexpr Passage prose{
    "Standard accounts are free for students. The monthly fee is $4.50 for all other customers. "
    "Fees are not charged in the first year. Ms Ilse Brandt approves waivers.",
    "Fee guide > Accounts", "", false};
constexpr Passage table{
    "Net interest income | 412.6 | 388.1\nFee income | 97.3 | 90.4\nTotal | 509.9 | 478.5",
    "Annual report 2025 > Income statement (EUR in millions)", " | 2025 | 2024", true};

SupportReason reason(std::string_view claim, const Passage& passage, std::string_view question = "") {
  SupportChecker checker;
  const SupportVerdict verdict = checker.check(claim, passage, question);
  EXPECT_EQ(verdict.supported,
            verdict.reason == SupportReason::verbatim || verdict.reason == SupportReason::agreement);
  return verdict.reason;
}

TEST(Support, verbatim_and_agreeing_sentences_are_supported) {
  EXPECT_EQ(reason("The monthly fee is $4.50 for all other customers. [1]", prose), SupportReason::verbatim);
  EXPECT_EQ(reason("Other customers pay a monthly fee of $4.50 [1].", prose, "What do customers pay?"),
            SupportReason::agreement);
  EXPECT_EQ(reason("Waivers are approved by Ilse Brandt.", prose), SupportReason::agreement);
}

TEST(Support, planted_errors_are_found) {
  EXPECT_EQ(reason("The monthly fee is $5.40.", prose), SupportReason::quantity_not_in_passage);
  EXPECT_EQ(reason("The monthly fee is 4.50%.", prose), SupportReason::quantity_not_in_passage);
  EXPECT_EQ(reason("Waivers are approved by Ms Clara Brandt.", prose), SupportReason::name_not_in_passage);
  EXPECT_EQ(reason("The monthly fee is $4.50 since 2019.", prose), SupportReason::period_not_in_passage);
  EXPECT_EQ(reason("The monthly fee of the Platinum account is $4.50.", prose,
                   "What does the Platinum account cost?"),
            SupportReason::name_not_in_passage);
  EXPECT_EQ(reason("Fees are charged in the first year.", prose), SupportReason::contradicts);
  EXPECT_EQ(reason("Mortgage brokers may request collateral.", prose), SupportReason::words_not_in_passage);
  EXPECT_EQ(reason("[1]", prose), SupportReason::no_claim);
}

TEST(Support, table_figures_need_their_row_and_year) {
  EXPECT_EQ(reason("Fee income was EUR 97.3 million in 2025.", table), SupportReason::agreement);
  EXPECT_EQ(reason("Fee income was EUR 97.3 million.", table, "What was fee income in 2025?"),
            SupportReason::agreement);
  EXPECT_EQ(reason("Fee income was EUR 90.4 million in 2025.", table),
            SupportReason::quantity_of_other_column);
  EXPECT_EQ(reason("Fee income was EUR 97.3 billion in 2025.", table),
            SupportReason::quantity_not_in_passage);
}

TEST(Support, a_figure_beside_something_else_on_the_page_is_no_answer) {
  constexpr Passage policy{
      "Living costs are EUR 1,180 a month for one adult and EUR 345 for each child. "
      "Rental income counts with 70 % of the rent under a registered lease.",
      "Credit policy > 3 Income", "", false};
  const char* question = "What living costs are assumed for each child?";
  EXPECT_EQ(reason("The living costs for each child are 70 % of the rent under a registered lease.", policy,
                   question),
            SupportReason::words_not_in_passage);
  EXPECT_EQ(reason("The living costs for each child are EUR 345 a month.", policy, question),
            SupportReason::agreement);
}

TEST(Support, a_figure_of_the_neighbour_in_the_same_sentence_is_no_answer) {
  constexpr Passage policy{"Living costs are EUR 1,180 a month for one adult and EUR 345 for each child.",
                           "Credit policy", "", false};
  const char* question = "What living costs are assumed for each child?";
  EXPECT_EQ(reason("The living costs for one adult are EUR 1,180 a month.", policy, question),
            SupportReason::words_not_in_passage);
  EXPECT_EQ(reason("The living costs for each child are EUR 345.", policy, question),
            SupportReason::agreement);
}

TEST(Support, of_two_columns_that_are_as_near_neither_is_meant) {
  constexpr Passage prices{"Family | 39.70 | 22.30\nSingle | 24.40 | 14.60", "Plans",
                           "Plan | Boat, a month | Car, a month", true};
  EXPECT_EQ(reason("The family plan for a tent costs 39.70.", prices, "What is the family plan for a tent?"),
            SupportReason::quantity_of_other_column);
  EXPECT_EQ(reason("The family plan for a boat costs 39.70.", prices, "What is the family plan for a boat?"),
            SupportReason::agreement);
  constexpr Passage visits{"Holm | 14:00 | 15:30", "Visits", "Visitor | Time in | Time out", true};
  EXPECT_EQ(reason("Holm came in at 14:00.", visits, "At what time did Holm come in ?"),
            SupportReason::agreement);
}

TEST(Support, a_row_that_shares_nothing_with_the_question_is_not_meant) {
  constexpr Passage rates{"4.05% | 742.20 | 608.62\n4.25% | 752.28 | 619.23", "Fixed loan",
                          "Rate | 15 years | 20 years", true};
  EXPECT_EQ(reason("4.05%", rates, "What is the rate of a fixed loan?"),
            SupportReason::quantity_of_other_row_or_period);
}

TEST(Support, a_currency_that_only_the_unit_names_is_no_name) {
  constexpr Passage costs{"Marketing | 4,106 | 4,287\nPostage | 3,764 | 3,915",
                          "Annual report > 8 Other expenses", "EUR000 | 2025 | 2024", true};
  EXPECT_EQ(reason("The bank spent EUR 4,287 thousand on marketing in 2024.", costs,
                   "What did the bank spend on marketing in 2024?"),
            SupportReason::agreement);
}

TEST(Support, a_title_is_not_a_name) {
  EXPECT_EQ(reason("Waivers are approved by Mrs Ilse Brandt.", prose), SupportReason::agreement);
}

TEST(Support, a_bare_figure_is_checked_as_the_question_with_it_filled_in) {
  EXPECT_EQ(reason("$4.50 [1]", prose, "What is the monthly fee for other customers?"),
            SupportReason::agreement);
  EXPECT_NE(reason("$4.50 [1]", prose, "What does a mortgage over 48 months cost?"),
            SupportReason::agreement);
}

TEST(Support, the_quote_is_the_sentence_or_row_that_fits) {
  SupportChecker checker;
  SupportVerdict verdict = checker.check("Students have free accounts.", prose, "");
  EXPECT_EQ(prose.text.substr(verdict.quote_begin, verdict.quote_end - verdict.quote_begin),
            "Standard accounts are free for students.");
  verdict = checker.check("The total was 509.9 in 2025.", table, "");
  EXPECT_EQ(table.text.substr(verdict.quote_begin, verdict.quote_end - verdict.quote_begin),
            "Total | 509.9 | 478.5");
}

TEST(Support, markers_are_read_and_removed) {
  EXPECT_EQ(markers_of("a [1]. b [2, 3] c [1][4] [x] [ ]"), (std::vector<int>{1, 2, 3, 4}));
  EXPECT_EQ(without_markers("a [1]. b [2, 3] c [x]"), "a. b c [x]");
}

TEST(TableView, headers_inside_the_text_name_the_rows_below_them) {
  const TableView view =
      read_table("Wages | 10 | 9\n | Q1 2025 | Q2 2025\nRent | 3 | 4\nNotes | 5", "EUR000 | 2025 | 2024");
  ASSERT_EQ(view.rows.size(), 3U);
  EXPECT_EQ(row_in_words(view.rows[0]), "Wages: 2025 = 10; 2024 = 9");
  EXPECT_EQ(row_in_words(view.rows[1]), "Rent: Q1 2025 = 3; Q2 2025 = 4");
  EXPECT_EQ(row_in_words(view.rows[2]), "Notes: 5") << "no names where they do not match";
}

TEST(TableView, a_header_of_words_over_figures_needs_an_empty_corner_or_a_unit) {
  const TableView view =
      read_table("EUR000 | Legal | Other\nEnd of year | 2,905 | 3,255\nBasic | free | free\nPlus | 5 | 3",
                 "EUR000 | 2025 | 2024");
  ASSERT_EQ(view.rows.size(), 3U);
  EXPECT_EQ(row_in_words(view.rows[0]), "End of year: Legal = 2,905; Other = 3,255");
  EXPECT_EQ(row_in_words(view.rows[1]), "Basic: Legal = free; Other = free");
}

TEST(TableView, a_title_inside_begins_a_table_with_names_of_its_own) {
  const TableView view =
      read_table("Renter | A. Holm | 3\nAccess record\nVisit | Date | Time in\n5 | 2 July 2020 | 14:00", "");
  ASSERT_EQ(view.rows.size(), 3U);
  EXPECT_EQ(row_in_words(view.rows[2]), "5: Date = 2 July 2020; Time in = 14:00");
}

TEST(TableView, spacer_columns_do_not_move_the_names) {
  const TableView view = read_table("Wages | 10 |  | 9", "EUR000 |  | 2025 |  | 2024");
  ASSERT_EQ(view.rows.size(), 1U);
  EXPECT_EQ(row_in_words(view.rows[0]), "Wages: 2025 = 10; 2024 = 9");
}

TEST(Support, a_figure_of_another_row_or_column_than_the_one_meant_is_found) {
  constexpr Passage income{"Net interest income | 107.5 | 99.9\nTotal operating income | 134.0 | 125.2",
                           "Half-year report (EUR in millions)", "EUR million | H1 2025 | H1 2024", true};
  EXPECT_EQ(reason("Net interest income was 134.0.", income, "What was net interest income in H1 2025?"),
            SupportReason::quantity_of_other_row_or_period);
  EXPECT_EQ(reason("Net interest income was 107.5.", income, "What was net interest income in H1 2025?"),
            SupportReason::agreement);
  constexpr Passage rates{"3.75% | 727.22 | 592.89 | 514.13\n3.95% | 737.32 | 603.41 | 525.21",
                          "Monthly instalment for EUR 100,000", "Rate | 15 years | 20 years | 25 years",
                          true};
  const char* question = "What is the monthly instalment over 25 years at 3.75 percent?";
  EXPECT_EQ(reason("The monthly instalment over 25 years is 727.22.", rates, question),
            SupportReason::quantity_of_other_column);
  EXPECT_EQ(reason("The monthly instalment over 25 years is 514.13.", rates, question),
            SupportReason::agreement);
  EXPECT_EQ(reason("The monthly instalment over 25 years is 525.21.", rates, question),
            SupportReason::quantity_of_other_row_or_period);
}

}  // namespace
}  // namespace loadline
