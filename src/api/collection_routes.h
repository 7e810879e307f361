#pragma once
// The routes under /v1/collections. Thread-safe.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/document_admin.h"
#include "api/metrics.h"
#include "api/upload_jobs.h"
#include "net/http_handler.h"
#include "retrieval/retriever.h"

namespace loadline {

class CollectionRoutes {
 public:
  static constexpr std::size_t page_entries_max = 1000;  // of one answer that lists documents

  /// All must outlive it.
  CollectionRoutes(DocumentAdmin& documents, UploadJobs& uploads, const Retriever& retriever,
                   Metrics& metrics)
      : documents_(documents), uploads_(uploads), retriever_(retriever), metrics_(metrics) {}

  /// What takes the body of an upload; none: `refusal` says why.
  std::unique_ptr<BodySink> upload_sink(const HttpRequest& request, const std::string& collection,
                                        std::optional<HttpResponse>& refusal) const;
  /// The body is in the exchange's sink.
  void upload(HttpExchange& exchange, const std::string& collection) const;

  void list(HttpExchange& exchange) const;
  void collection(HttpExchange& exchange, const std::string& name) const;
  void documents(HttpExchange& exchange, const std::string& collection) const;
  void document(HttpExchange& exchange, const std::string& collection, const std::string& name) const;
  void remove(HttpExchange& exchange, const std::string& collection, const std::string& name) const;
  /// `tenant`: of the vault of pseudonyms.
  void search(HttpExchange& exchange, const std::string& collection, std::string tenant) const;

 private:
  // Documents of the store and uploads on their way, by name. not_found: neither knows the collection.
  Result<std::vector<CollectionSummary>> all_collections() const;
  Result<std::vector<DocumentStatus>> all_documents(const std::string& collection) const;
  // Whether the store has it, served or not.
  bool is_stored(const std::string& collection, const std::string& name) const;

  DocumentAdmin& documents_;
  UploadJobs& uploads_;
  const Retriever& retriever_;
  Metrics& metrics_;
};

}  // namespace loadline
