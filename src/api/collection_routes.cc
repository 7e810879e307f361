#include "api/collection_routes.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "api/api_error.h"
#include "api/authenticator.h"
#include "api/json_values.h"
#include "api/search_json.h"
#include "api/upload_sink.h"
#include "base/printable.h"
#include "ingest/source_name.h"

namespace loadline {

namespace json = boost::json;

namespace {

void respond(HttpExchange& exchange, const json::value& value, int status = 200) {
  exchange.respond(json_response(json::serialize(value), status));
}

void refuse(HttpExchange& exchange, const Error& error) {
  exchange.respond(error_response(api_error(error)));
}

json::object summary_json(const CollectionSummary& summary) {
  return {
      {"id", json_text(summary.name)},  {"object", "collection"}, {"embedder", json_text(summary.embedder)},
      {"documents", summary.documents}, {"pages", summary.pages}, {"chunks", summary.chunks}};
}

json::object document_json(const std::string& collection, const DocumentStatus& document) {
  json::array lost;
  for (const LostPage& page : document.lost_pages)
    lost.push_back(json::object{{"page", page.page}, {"reason", json_text(page.reason)}});
  json::object out{{"id", json_text(document.name)},      {"object", "document"},
                   {"collection", json_text(collection)}, {"state", json_text(state_name(document.state))},
                   {"served", document.served},           {"pages", document.pages},
                   {"lost_pages", std::move(lost)},       {"chunks", document.chunks}};
  if (!document.stage.empty()) out["stage"] = json_text(document.stage);
  if (!document.waits_for.empty()) out["waits_for"] = json_text(document.waits_for);
  if (!document.reason.empty()) out["reason"] = json_text(document.reason);
  if (!document.redacted.empty()) {
    json::object redacted;
    for (const RedactedCount& one : document.redacted) redacted[one.type] = one.count;
    out["redacted"] = std::move(redacted);
  }
  return out;
}

json::object receipt_json(const DeletionReceipt& r) {
  return {{"id", r.id},
          {"collection", json_text(r.collection)},
          {"document", json_text(r.document)},
          {"content_sha256", json_text(r.content_hash)},
          {"versions", r.versions},
          {"pages", r.pages},
          {"blocks", r.blocks},
          {"chunks", r.chunks},
          {"vectors", r.vectors},
          {"ledger_rows", r.ledger_rows},
          {"text_bytes", r.text_bytes},
          {"requested_unix_ms", r.requested},
          {"finished_unix_ms", r.finished}};
}

// `limit` of the query; 0: it is no number in range.
std::size_t limit_of(std::string_view query) {
  const std::string text = query_parameter(query, "limit");
  if (text.empty()) return 100;
  std::size_t limit = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), limit);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return whole && limit <= CollectionRoutes::page_entries_max ? limit : 0;
}

}  // namespace

Result<std::vector<CollectionSummary>> CollectionRoutes::all_collections() const {
  // First the uploads: one that is done in between is then in the store.
  const std::vector<std::string> pending = uploads_.collections();
  LOADLINE_ASSIGN(std::vector<CollectionSummary> all, documents_.collections());
  for (const std::string& name : pending) {
    const bool stored =
        std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
    if (stored) continue;
    all.emplace_back().name = name;
  }
  return all;
}

void CollectionRoutes::list(HttpExchange& exchange) const {
  const auto collections = all_collections();
  if (!collections) return refuse(exchange, collections.error());
  const Identity* const caller = caller_of(exchange.request());
  json::array data;
  for (const CollectionSummary& summary : *collections)
    if (caller == nullptr || caller->scopes.collections.has(summary.name))
      data.push_back(summary_json(summary));
  respond(exchange, json::object{{"object", "list"}, {"data", std::move(data)}});
}

void CollectionRoutes::collection(HttpExchange& exchange, const std::string& name) const {
  const auto collections = all_collections();
  if (!collections) return refuse(exchange, collections.error());
  for (const CollectionSummary& summary : *collections)
    if (summary.name == name) return respond(exchange, summary_json(summary));
  refuse(exchange, Error(Code::not_found,
                         "there is no collection '" + printable(name) + "'; GET /v1/collections lists them"));
}

Result<std::vector<DocumentStatus>> CollectionRoutes::all_documents(const std::string& collection) const {
  // First the uploads: one that is done in between is then in the store.
  const std::vector<PendingUpload> pending = uploads_.pending(collection);
  auto status = documents_.status(collection);
  if (!status && (status.error().code() != Code::not_found || pending.empty())) return status.error();
  std::map<std::string, DocumentStatus> all;
  if (status)
    for (DocumentStatus& document : status->documents) all[document.name] = std::move(document);
  for (const PendingUpload& upload : pending) {
    DocumentStatus& document = all[upload.name];
    document.name = upload.name;
    document.state = !upload.failure.empty() ? DocumentState::failed
                     : upload.running        ? DocumentState::running
                                             : DocumentState::queued;
    document.reason = upload.failure;
    if (document.waits_for.empty()) document.waits_for = upload.waits_for;
  }
  std::vector<DocumentStatus> out;
  for (auto& [name, document] : all) out.push_back(std::move(document));
  return out;
}

void CollectionRoutes::documents(HttpExchange& exchange, const std::string& collection) const {
  const std::string_view query = exchange.request().query();
  const std::size_t limit = limit_of(query);
  if (limit == 0)
    return exchange.respond(error_response(
        field_error("limit", "'limit' must be between 1 and " + std::to_string(page_entries_max))));
  const std::string after = query_parameter(query, "after");
  const auto all = all_documents(collection);
  if (!all) return refuse(exchange, all.error());
  json::array data;
  bool more = false;
  for (const DocumentStatus& document : *all) {
    if (!after.empty() && document.name <= after) continue;
    more = data.size() == limit;
    if (more) break;
    data.push_back(document_json(collection, document));
  }
  json::value last = nullptr;
  if (!data.empty()) last = data.back().at("id");
  respond(
      exchange,
      json::object{
          {"object", "list"}, {"data", std::move(data)}, {"has_more", more}, {"last_id", std::move(last)}});
}

void CollectionRoutes::document(HttpExchange& exchange, const std::string& collection,
                                const std::string& name) const {
  const auto all = all_documents(collection);
  if (!all) return refuse(exchange, all.error());
  for (const DocumentStatus& document : *all)
    if (document.name == name) return respond(exchange, document_json(collection, document));
  refuse(exchange, Error(Code::not_found, "there is no document '" + printable(name) +
                                              "' in the collection '" + printable(collection) + "'"));
}

bool CollectionRoutes::is_stored(const std::string& collection, const std::string& name) const {
  const auto status = documents_.status(collection);
  if (!status) return status.error().code() != Code::not_found;
  return std::any_of(status->documents.begin(), status->documents.end(),
                     [&](const DocumentStatus& document) { return document.name == name; });
}

void CollectionRoutes::remove(HttpExchange& exchange, const std::string& collection,
                              const std::string& name) const {
  bool dropped = uploads_.drop(collection, name);
  json::value shown = nullptr;  // nothing of it was stored yet
  std::optional<UploadJobs::Pause> pause;
  if (!dropped || is_stored(collection, name)) {
    // A delete does not wait for uploads that are being read, nor does it lose against one of its own name.
    auto paused = uploads_.pause(exchange.context());
    if (!paused) return refuse(exchange, paused.error());
    pause.emplace(std::move(*paused));
    dropped = uploads_.drop(collection, name) || dropped;
  }
  if (!dropped || is_stored(collection, name)) {
    const auto receipt = documents_.remove(collection, name, exchange.context());
    if (!receipt) return refuse(exchange, receipt.error());
    shown = receipt_json(*receipt);
  }
  respond(exchange, json::object{{"id", json_text(name)},
                                 {"object", "document.deleted"},
                                 {"deleted", true},
                                 {"receipt", std::move(shown)}});
}

std::unique_ptr<BodySink> CollectionRoutes::upload_sink(const HttpRequest& request,
                                                        const std::string& collection,
                                                        std::optional<HttpResponse>& refusal) const {
  if (const Status named = check_new_collection(collection); !named) {
    refusal = error_response(api_error(named.error()));
    return nullptr;
  }
  const auto boundary = MultipartParser::boundary_of(request.header("content-type"));
  if (boundary) return std::make_unique<UploadSink>(*boundary, collection, uploads_);
  refusal = error_response(
      api_error(415, "documents are uploaded as multipart/form-data, e.g. curl -F file=@report.pdf"));
  return nullptr;
}

void CollectionRoutes::upload(HttpExchange& exchange, const std::string& collection) const {
  auto* sink = dynamic_cast<UploadSink*>(exchange.body_sink());
  if (sink == nullptr || sink->uploads().empty())
    return refuse(exchange, Error(Code::invalid_argument,
                                  "the upload has no body; send a file as multipart/form-data"));
  std::vector<std::string> names;
  for (const Upload& upload : sink->uploads()) names.push_back(escaped_name(upload.meta.name));
  if (const Status accepted = uploads_.accept(std::move(sink->uploads())); !accepted)
    return refuse(exchange, accepted.error());
  metrics_.add_uploads(names.size());
  json::array data;
  for (const std::string& name : names) {
    DocumentStatus queued;
    queued.name = name;
    queued.waits_for = "waits for its turn";
    data.push_back(document_json(collection, queued));
  }
  if (data.size() == 1) return respond(exchange, data.front(), 202);
  respond(exchange, json::object{{"object", "list"}, {"data", std::move(data)}}, 202);
}

void CollectionRoutes::search(HttpExchange& exchange, const std::string& collection,
                              std::string tenant) const {
  ApiError error;
  auto call = parse_search_call(exchange.request().body, error);
  if (!call) return exchange.respond(error_response(error));
  call->request.collection = collection;
  call->request.tenant = std::move(tenant);
  const auto response = retriever_.search(call->request, exchange.context());
  if (!response) return refuse(exchange, response.error());
  metrics_.add_searches(1);
  exchange.respond(json_response(search_json(*response, collection, call->explain)));
}

}  // namespace loadline
