#include "ingest/document_plan.h"

#include <algorithm>

namespace loadline {
namespace {

using Kind = DocumentPlan::Kind;

DocumentPlan plan_working(const VersionRecord& working, const StageVersions& stages, bool retry) {
  const IngestStage changed = std::min(first_changed_stage(working.stages, stages), working.next);
  const bool same = working.stages == stages;
  if (working.state == DocumentState::failed) {
    // The extractor was away, or the file changed under it: not the content's fault.
    if (same && working.failure == Code::unavailable) return {Kind::resume, working.id, working.next, {}};
    if (same && working.failure == Code::failed_precondition && working.next == IngestStage::extract)
      return {Kind::rewind, working.id, IngestStage::extract, {}};
    // A stage behind the one that failed cannot change the outcome.
    const bool helps = first_changed_stage(working.stages, stages) <= working.next;
    if (!helps && !retry) return {Kind::failed_before, working.id, working.next, {}};
    return {Kind::rewind, working.id, changed, {}};
  }
  if (same) return {Kind::resume, working.id, working.next, {}};
  return {Kind::rewind, working.id, changed, {}};
}

}  // namespace

IngestStage first_changed_stage(const StageVersions& was, const StageVersions& is) {
  if (was.extract != is.extract) return IngestStage::extract;
  if (was.describe != is.describe) return IngestStage::describe;
  if (was.chunk != is.chunk) return IngestStage::chunk;
  if (was.embed != is.embed) return IngestStage::embed;
  return IngestStage::finished;
}

DocumentPlan plan_document(const std::optional<DocumentEntry>& entry, std::string_view content_hash,
                           const StageVersions& stages, bool retry) {
  if (!entry) return {};
  if (entry->working && entry->working->content_hash == content_hash)
    return plan_working(*entry->working, stages, retry);
  if (!entry->live || entry->live->content_hash != content_hash) return {};
  const IngestStage changed = first_changed_stage(entry->live->stages, stages);
  if (changed != IngestStage::finished) return {Kind::create, entry->live->id, changed, {}};
  if (retry && entry->live->state == DocumentState::partial) return {};
  return {Kind::unchanged, entry->live->id, IngestStage::finished,
          entry->working ? entry->working->id : VersionId{}};
}

}  // namespace loadline
