#pragma once
// The port through which the routes see and change the collections; `make_document_admin` puts it over the
// Ingestor and its store.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "ingest/ingestor.h"
#include "model/ingest_store.h"
#include "model/knowledge_store.h"

namespace loadline {

struct CollectionSummary {
  std::string name;
  std::string embedder;
  std::uint64_t documents = 0;  // served
  std::uint64_t pages = 0;
  std::uint64_t chunks = 0;
};

/// Thread-safe. Errors as in Ingestor.
class DocumentAdmin {
 public:
  virtual ~DocumentAdmin() = default;
  virtual Result<std::vector<CollectionSummary>> collections() const = 0;
  virtual Result<CollectionStatus> status(std::string_view collection) const = 0;
  virtual Result<IngestSummary> ingest(const IngestRequest& request, IngestObserver& observer,
                                       const CallContext& context) = 0;
  virtual Result<DeletionReceipt> remove(std::string_view collection, std::string_view document,
                                         const CallContext& context) = 0;
};

/// All must outlive it.
std::unique_ptr<DocumentAdmin> make_document_admin(Ingestor& ingestor, const IngestStore& store,
                                                   const KnowledgeStore& knowledge);

}  // namespace loadline
