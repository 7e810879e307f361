#include "ingest/document_plan.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

using Kind = DocumentPlan::Kind;
const StageVersions now = {"x1", "d1", "c1", "e1"};

VersionRecord version(std::uint64_t id, const std::string& hash, DocumentState state, IngestStage next) {
  VersionRecord record;
  record.id = {id};
  record.content_hash = hash;
  record.stages = now;
  record.state = state;
  record.next = next;
  return record;
}

std::optional<DocumentEntry> entry(std::optional<VersionRecord> live, std::optional<VersionRecord> working) {
  DocumentEntry entry;
  entry.live = std::move(live);
  entry.working = std::move(working);
  return entry;
}

const VersionRecord live = version(1, "h", DocumentState::done, IngestStage::finished);

TEST(DocumentPlan, new_and_changed_content_is_a_new_version) {
  EXPECT_EQ(plan_document(std::nullopt, "h", now, false).kind, Kind::create);
  const DocumentPlan changed = plan_document(entry(live, {}), "h2", now, false);
  EXPECT_EQ(changed.kind, Kind::create);
  EXPECT_FALSE(changed.version);
  EXPECT_EQ(changed.first, IngestStage::extract);
}

TEST(DocumentPlan, unchanged_is_left_alone_and_drops_what_is_not_wanted_any_more) {
  EXPECT_EQ(plan_document(entry(live, {}), "h", now, false).kind, Kind::unchanged);
  const auto half = version(2, "h2", DocumentState::running, IngestStage::embed);
  const DocumentPlan back = plan_document(entry(live, half), "h", now, false);
  EXPECT_EQ(back.kind, Kind::unchanged);
  EXPECT_EQ(back.drop.value, 2U);
}

TEST(DocumentPlan, a_changed_stage_runs_again_from_there_on_a_copy) {
  StageVersions later = now;
  later.chunk = "c2";
  const DocumentPlan plan = plan_document(entry(live, {}), "h", later, false);
  EXPECT_EQ(plan.kind, Kind::create);
  EXPECT_EQ(plan.version.value, 1U);
  EXPECT_EQ(plan.first, IngestStage::chunk);
}

TEST(DocumentPlan, work_in_progress_goes_on_or_back) {
  const auto half = version(2, "h2", DocumentState::running, IngestStage::embed);
  EXPECT_EQ(plan_document(entry(live, half), "h2", now, false).kind, Kind::resume);
  StageVersions later = now;
  later.describe = "d2";
  const DocumentPlan back = plan_document(entry(live, half), "h2", later, false);
  EXPECT_EQ(back.kind, Kind::rewind);
  EXPECT_EQ(back.first, IngestStage::describe);
  later = now;
  later.embed = "e2";
  EXPECT_EQ(plan_document(entry({}, version(2, "h", DocumentState::queued, IngestStage::describe)), "h",
                          later, false)
                .first,
            IngestStage::describe);
}

TEST(DocumentPlan, failures_are_repeated_only_if_something_changed_or_it_is_asked_for) {
  auto failed = version(2, "h", DocumentState::failed, IngestStage::extract);
  failed.failure = Code::invalid_argument;
  EXPECT_EQ(plan_document(entry({}, failed), "h", now, false).kind, Kind::failed_before);
  EXPECT_EQ(plan_document(entry({}, failed), "h", now, true).kind, Kind::rewind);
  StageVersions later = now;
  later.embed = "e2";  // behind the stage that failed
  EXPECT_EQ(plan_document(entry({}, failed), "h", later, false).kind, Kind::failed_before);
  later.extract = "x2";
  EXPECT_EQ(plan_document(entry({}, failed), "h", later, false).kind, Kind::rewind);
  failed.failure = Code::unavailable;
  EXPECT_EQ(plan_document(entry({}, failed), "h", now, false).kind, Kind::resume);
  failed.failure = Code::failed_precondition;
  EXPECT_EQ(plan_document(entry({}, failed), "h", now, false).kind, Kind::rewind);
}

TEST(DocumentPlan, lost_pages_are_tried_again_on_request) {
  const auto partial = version(1, "h", DocumentState::partial, IngestStage::finished);
  EXPECT_EQ(plan_document(entry(partial, {}), "h", now, false).kind, Kind::unchanged);
  EXPECT_EQ(plan_document(entry(partial, {}), "h", now, true).kind, Kind::create);
}

}  // namespace
}  // namespace loadline
