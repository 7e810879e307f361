#include "retrieval/rank/document_evidence.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace loadline {
namespace {

DocumentRecord record(std::string name, std::vector<std::string> entities,
                      std::vector<std::string> periods = {}) {
  DocumentRecord out;
  out.name = std::move(name);
  out.entities = std::move(entities);
  out.periods = std::move(periods);
  return out;
}

std::size_t best(const DocumentEvidence& evidence, std::string_view question) {
  const DocumentMatches matches = evidence.match(question);
  std::size_t at = 0;
  for (std::size_t i = 1; i < matches.documents.size(); ++i)
    if (matches.documents[i].score > matches.documents[at].score) at = i;
  return matches.best > 0 ? at : matches.documents.size();
}

const DocumentEvidence& shelf() {
  static const DocumentEvidence evidence({
      record("TIDEWATER_2021_10K.pdf", {"Tidewater Copper Corporation"}, {"2021-12-31"}),
      record("TIDEWATER_2022_10K.pdf", {"Tidewater Copper Corporation"}, {"2022-12-31"}),
      record("TIDEWATER_2023Q2_10Q.pdf", {"Tidewater Copper Corporation"}, {"2023-06-30"}),
      record("ROWAN_ROWAN_2022_10K.pdf", {"Rowan & Rowan"}, {"2022"}),
      record("GREENBASKET_2022Q4_EARNINGS.pdf", {"Green Basket Stores, Inc."}, {"2022-Q4"}),
      record("HALDENRESORTS_2022_10K.pdf", {"Halden Resorts International"}, {"2022"}),
      record("TIDEWATER_2023_8K_dated-2023-05-30.pdf", {"Tidewater Copper Corporation"}, {"2023-05-30"}),
      record("TIDEWATER_2023_8K_dated-2023-03-02.pdf", {"Tidewater Copper Corporation"}, {"2023-03-02"}),
  });
  return evidence;
}

TEST(DocumentEvidence, NamesAsWrittenJoinedShortenedAndAsInitials) {
  EXPECT_EQ(best(shelf(), "What was revenue of Tidewater in FY2021?"), 0U);
  EXPECT_EQ(best(shelf(), "How did Green Basket do?"), 4U);
  EXPECT_EQ(best(shelf(), "How did green basket do?"), 4U);
  EXPECT_EQ(best(shelf(), "Which region of Halden was best?"), 5U);
  EXPECT_EQ(best(shelf(), "What drove margins at R&R?"), 3U);
  EXPECT_EQ(best(shelf(), "What drove margins at RnR?"), 3U);
  EXPECT_EQ(best(shelf(), "Rowan & Rowan's inventory"), 3U);
}

TEST(DocumentEvidence, PeriodsTellDocumentsOfOneNameApart) {
  EXPECT_EQ(best(shelf(), "Tidewater's capital spending in fiscal 2022"), 1U);
  EXPECT_EQ(best(shelf(), "Between FY2021 and FY2022, how did Tidewater's margin change?"), 1U);
  EXPECT_EQ(best(shelf(), "Cash of Tidewater in Q2 of FY2023"), 2U);
  EXPECT_EQ(best(shelf(), "What did Tidewater agree on May 26, 2023?"), 6U);
  EXPECT_EQ(best(shelf(), "What did Tidewater announce on March 1, 2023?"), 7U);
}

TEST(DocumentEvidence, WordsThatNameNothingSayNothing) {
  const DocumentMatches matches = shelf().match("how many people work there?");
  EXPECT_FALSE(matches.has_names);
  EXPECT_FALSE(matches.has_periods);
  EXPECT_EQ(matches.best, 0);
}

TEST(DocumentEvidence, AWordThatNamesAllDocumentsDecidesLittle) {
  const DocumentEvidence evidence(
      {record("north report.pdf", {}), record("south report.pdf", {}), record("east report.pdf", {})});
  const DocumentMatches all = evidence.match("the Report");
  EXPECT_LT(all.best, 0.3);
  const DocumentMatches one = evidence.match("the South report");
  EXPECT_GT(one.documents[1].score, 2 * one.documents[0].score);
}

TEST(DocumentEvidence, AFileNameGivesInitialsToo) {
  const DocumentEvidence evidence({record("ROWAN_ROWAN_2021.pdf", {}), record("TIDEWATER_2021.pdf", {})});
  EXPECT_EQ(best(evidence, "margins of RnR"), 0U);
  EXPECT_EQ(best(evidence, "margins of R&R"), 0U);
}

// A word of a document's name that the other documents use as well names nothing.
TEST(DocumentEvidence, CommonWordsInNamesCountByHowFarTheyKeepToTheirDocuments) {
  std::vector<DocumentRecord> records;
  for (const char* name : {"capital_rules.pdf", "staff_handbook.pdf", "larkmoor.pdf", "fees.pdf", "x.pdf"}) {
    records.push_back(record(name, {}));
    records.back().chunk_count = 10;
  }
  const DocumentEvidence evidence(records);
  std::vector<std::string> asked;
  const auto frequencies = [&](std::span<const std::string_view> words) {
    std::vector<std::uint64_t> counts;
    for (const std::string_view word : words) {
      asked.emplace_back(word);
      counts.push_back(word == "capital" ? 100 : 10);
    }
    return counts;
  };
  const std::string_view common = "a hotel night in a capital", rare = "what do people say of Larkmoor";
  EXPECT_LT(evidence.match(common, frequencies).best, 0.3 * evidence.match(common).best);
  EXPECT_EQ(evidence.match(rare, frequencies).best, evidence.match(rare).best);
  EXPECT_NE(std::find(asked.begin(), asked.end(), "capital"), asked.end());
}

TEST(DocumentEvidence, NoDocumentsAndNoQuestion) {
  EXPECT_TRUE(DocumentEvidence({}).match("Tidewater 2022").documents.empty());
  EXPECT_EQ(shelf().match("").best, 0);
}

}  // namespace
}  // namespace loadline
