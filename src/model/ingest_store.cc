#include "model/ingest_store.h"

namespace loadline {

std::string_view stage_name(IngestStage stage) {
  switch (stage) {
    case IngestStage::extract:
      return "extract";
    case IngestStage::describe:
      return "describe";
    case IngestStage::chunk:
      return "chunk";
    case IngestStage::embed:
      return "embed";
    case IngestStage::index:
      return "index";
    case IngestStage::publish:
      return "publish";
    case IngestStage::finished:
      return "finished";
  }
  return "unknown";
}

std::string_view state_name(DocumentState state) {
  switch (state) {
    case DocumentState::queued:
      return "queued";
    case DocumentState::running:
      return "running";
    case DocumentState::done:
      return "done";
    case DocumentState::partial:
      return "partial";
    case DocumentState::failed:
      return "failed";
    case DocumentState::deleted:
      return "deleted";
  }
  return "unknown";
}

std::string embedder_identity(const EmbedderInfo& embedder) {
  return embedder.digest + ":" + embedder.precision;
}

}  // namespace loadline
