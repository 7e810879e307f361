#include "ingest/describe.h"

#include <gtest/gtest.h>

#include "ingest/front_matter.h"

namespace loadline {
namespace {

ExtractedPage page(std::initializer_list<std::pair<BlockKind, const char*>> blocks) {
  ExtractedPage page;
  page.number = 1;
  for (const auto& [kind, text] : blocks) page.blocks.push_back({kind, 1, text, {}, {}});
  return page;
}

constexpr BlockKind heading = BlockKind::heading, text = BlockKind::paragraph;

TEST(Describe, the_cover_of_a_filing) {
  const auto description = describe_document(
      {},
      {page({{text, "UNITED STATES SECURITIES AND EXCHANGE COMMISSION"},
             {text, "Washington, D.C. 20549"},
             {heading, "FORM 10-K"},
             {text, "ANNUAL REPORT PURSUANT TO SECTION 13 OR 15(d) OF THE SECURITIES EXCHANGE ACT OF 1934"},
             {text, "For the fiscal year ended September 30, 2031"},
             {text, "QUILLFEATHER HARBOURS, INC."},
             {text, "(Exact name of registrant as specified in its charter)"},
             {text, "Delaware  77 Pier Street, Port Orrin"},
             {text,
              "Quillfeather Harbours, Inc. (the \"Company\") runs harbours. Quillfeather Harbours was "
              "founded in 1988."}})},
      "filings/quillfeather_2031.pdf");
  ASSERT_FALSE(description.entities.empty());
  EXPECT_EQ(description.entities[0], "Quillfeather Harbours, Inc.");
  ASSERT_GE(description.periods.size(), 2U);
  EXPECT_EQ(description.periods[0], "2031-09-30");
  EXPECT_NE(std::find(description.periods.begin(), description.periods.end(), "2031"),
            description.periods.end());
  EXPECT_EQ(description.kind, "annual report, form 10-k");
}

TEST(Describe, a_press_release_with_results_of_a_quarter) {
  const auto description =
      describe_document({},
                        {page({{text, "Press Release"},
                               {heading, "Larkmoor Bank Reports Results for the Fourth Quarter of 2029"},
                               {text,
                                "PORT ORRIN, February 3, 2030 \xE2\x80\x93 Larkmoor Bank plc today reported "
                                "results for the quarter ended December 31, 2029."}})},
                        "news.html");
  EXPECT_EQ(description.title, "Larkmoor Bank Reports Results for the Fourth Quarter of 2029");
  EXPECT_EQ(description.kind, "press release");
  ASSERT_FALSE(description.entities.empty());
  EXPECT_TRUE(description.entities[0].starts_with("Larkmoor Bank")) << description.entities[0];
  EXPECT_NE(std::find(description.periods.begin(), description.periods.end(), "2029-Q4"),
            description.periods.end());
}

TEST(Describe, words_of_forms_are_no_names) {
  const auto description =
      describe_document({},
                        {page({{text, "QUILLFEATHER HARBOURS, INC."},
                               {text, "(Exact name of registrant as specified in its charter)"},
                               {text, "see our 10-K"},
                               {text, "Form 10-K for Quillfeather Harbours, Inc. filed"}})},
                        "a.pdf");
  EXPECT_EQ(description.entities, std::vector<std::string>{"Quillfeather Harbours, Inc."});
}

TEST(Describe, an_act_in_the_line_before_does_not_date_the_document) {
  const auto description = describe_document(
      {}, {page({{text, "Pursuant to the Harbours Act of 1934"}, {text, "Year ended June 30, 2031"}})},
      "a.pdf");
  ASSERT_FALSE(description.periods.empty());
  EXPECT_EQ(description.periods[0], "2031-06-30");
  EXPECT_EQ(std::find(description.periods.begin(), description.periods.end(), "1934"),
            description.periods.end());
}

TEST(Describe, titles_that_say_nothing_are_passed_over) {
  DocumentProperties properties;
  for (const char* title :
       {"Microsoft Word - fees_v3.doc", "untitled", "PowerPoint Presentation", "x", "12345"}) {
    properties.title = title;
    EXPECT_EQ(describe_document(properties, {page({{heading, "Fees and Charges"}})}, "a.pdf").title,
              "Fees and Charges")
        << title;
  }
  properties.title = "Tariff of Larkmoor Bank";
  EXPECT_EQ(describe_document(properties, {page({{heading, "Fees"}})}, "a.pdf").title,
            "Tariff of Larkmoor Bank");
  EXPECT_EQ(describe_document({}, {page({{text, "1 2 3"}})}, "x/card_fees-2022.csv").title, "card fees-2022");
}

TEST(Describe, nothing_is_made_up) {
  const auto description =
      describe_document({}, {page({{text, "the quick brown fox jumps over the lazy dog"}})}, "a.txt");
  EXPECT_TRUE(description.entities.empty());
  EXPECT_TRUE(description.periods.empty());
  EXPECT_EQ(description.kind, "");
  EXPECT_TRUE(describe_document({}, {}, "").entities.empty());
}

TEST(Describe, the_line_says_each_thing_once) {
  EXPECT_EQ(document_line({"Larkmoor Bank annual report 2029", "annual report", {"Larkmoor Bank"}, {"2029"}}),
            "Larkmoor Bank annual report 2029");
  EXPECT_EQ(document_line({"Fees", "price list", {"Larkmoor Bank"}, {"2029-07-01"}}),
            "Larkmoor Bank, Fees, price list, 2029-07-01");
  EXPECT_EQ(document_line({"", "", {}, {}}), "");
}

}  // namespace
}  // namespace loadline
