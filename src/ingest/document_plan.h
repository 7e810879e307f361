#pragma once
// What to do with a file that is to be ingested, given what the store has of it. Pure.
#include <optional>
#include <string_view>

#include "model/ingest_store.h"

namespace loadline {

struct DocumentPlan {
  enum class Kind : std::uint8_t {
    unchanged,      // served as it is
    failed_before,  // the same content failed for good: it would again
    create,         // a new version, from stage `first` on, earlier output copied from `version` (if any)
    rewind,         // the working version `version` goes back to stage `first`
    resume,         // the working version goes on where it stands
  };
  Kind kind = Kind::create;
  VersionId version;
  IngestStage first = IngestStage::extract;
  VersionId drop;  // a working version of a content that is not wanted any more
};

/// The first stage whose version differs; `finished` if none does.
IngestStage first_changed_stage(const StageVersions& was, const StageVersions& is);

/// `retry`: tries again what failed, and extracts again what lost pages.
DocumentPlan plan_document(const std::optional<DocumentEntry>& entry, std::string_view content_hash,
                           const StageVersions& stages, bool retry);

}  // namespace loadline
