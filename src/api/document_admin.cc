#include "api/document_admin.h"

namespace loadline {
namespace {

class IngestorAdmin final : public DocumentAdmin {
 public:
  IngestorAdmin(Ingestor& ingestor, const IngestStore& store, const KnowledgeStore& knowledge)
      : ingestor_(ingestor), store_(store), knowledge_(knowledge) {}

  Result<std::vector<CollectionSummary>> collections() const override {
    LOADLINE_ASSIGN(const std::vector<CollectionRecord> records, store_.collections());
    std::vector<CollectionSummary> out;
    for (const CollectionRecord& record : records) {
      CollectionSummary summary;
      summary.name = record.name;
      summary.embedder = record.embedder;
      LOADLINE_ASSIGN(const std::vector<DocumentRecord> documents, knowledge_.documents(record.id));
      for (const DocumentRecord& document : documents) {
        ++summary.documents;
        summary.pages += static_cast<std::uint64_t>(document.page_count);
        summary.chunks += document.chunk_count;
      }
      out.push_back(std::move(summary));
    }
    return out;
  }

  Result<CollectionStatus> status(std::string_view collection) const override {
    return ingestor_.status(collection);
  }

  Result<IngestSummary> ingest(const IngestRequest& request, IngestObserver& observer,
                               const CallContext& context) override {
    return ingestor_.run(request, observer, context);
  }

  Result<DeletionReceipt> remove(std::string_view collection, std::string_view document,
                                 const CallContext& context) override {
    return ingestor_.remove_document(collection, document, context);
  }

 private:
  Ingestor& ingestor_;
  const IngestStore& store_;
  const KnowledgeStore& knowledge_;
};

}  // namespace

std::unique_ptr<DocumentAdmin> make_document_admin(Ingestor& ingestor, const IngestStore& store,
                                                   const KnowledgeStore& knowledge) {
  return std::make_unique<IngestorAdmin>(ingestor, store, knowledge);
}

}  // namespace loadline
