#pragma once
// The HTTP API: the routes, mounted as one HttpHandler. What they do is in openapi.json.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/document_admin.h"
#include "api/gateway_flow.h"
#include "base/clock.h"
#include "base/log.h"
#include "gateway/chat_flow.h"
#include "model/embedder.h"
#include "model/knowledge_store.h"
#include "net/http_handler.h"
#include "retrieval/retriever.h"

namespace loadline {

struct ApiKey {
  std::string name;    // for logs, and what separates tenants
  std::string secret;  // what clients send as "Authorization: Bearer ..."
};

/// Every bound of the API, with its default.
struct ApiLimits {
  std::uint64_t json_body_bytes_max = 16U << 20;
  std::size_t embedding_inputs_max = 2048;
  std::size_t pending_uploads_max = 1024;  // files that wait for ingestion
  std::uint64_t pending_upload_bytes_max = 8ULL
                                           << 30;  // of these on disk, with those that are being received
  AnswerCacheOptions cache;
  std::size_t local_calls_max = 128;  // of models in this process, at once
  std::size_t guard_calls_max = 64;   // requests whose texts the injection guard's classifier has at once
};

/// References must outlive the handler.
struct ApiParts {
  ChatFlow& chat;
  const Embedder& embedder;
  const Retriever& retriever;
  DocumentAdmin& documents;
  Log& log;
  const Clock& clock;
  std::vector<ApiKey>
      keys;  // of the manifest; none here or in `key_store`, and no `tokens`: no key is asked for
  KeyStore* key_store = nullptr;                // may be null
  const BearerTokens* tokens = nullptr;         // may be null
  std::shared_ptr<const GatewayTable> gateway;  // models and routes
  Ledger* ledger = nullptr;                     // null: calls leave no row
  AuditLog* audit = nullptr;                    // null: decisions leave no record
  std::string admin_secret{};                   // of the manifest; "": none
  /// Checks all of the audit log's files; none: the admin API cannot.
  std::function<Result<AuditReport>(const std::vector<AuditAnchor>&)> verify_audit{};
  TraceExporter* traces = nullptr;  // null: no spans are made
  GenAiVersion genai_version = GenAiVersion::v1_37;
  const TraceTexts* trace_texts = nullptr;    // null: traces tell nothing of what is said
  Vault* vault = nullptr;                     // null: no pseudonyms are kept
  std::shared_ptr<TlsTrust> trust = nullptr;  // of https upstreams
  const KnowledgeStore* knowledge = nullptr;  // null: answers from documents are not kept
  std::string uploads_folder;                 // where uploads wait for ingestion; made if absent
  /// Only programs of this machine may ask: requests that a web page of another origin makes a browser send
  /// are refused. For a server on loopback without keys.
  bool local_only = false;
  /// Why the service is not ready, for /readyz; none: it always is. Must not wait.
  std::function<Status()> ready;
  /// When a refused request may come again; none: one second.
  std::function<std::chrono::seconds()> expected_wait;
  ApiLimits limits;
  bool log_failed_only = false;  // requests with a status below 400 leave no line
};

/// invalid_argument (an empty key, an admin key that is too short), unavailable (the uploads folder).
Result<std::unique_ptr<HttpHandler>> make_api(ApiParts parts);

}  // namespace loadline
