#include "api/search_json.h"

#include "api/json_fields.h"
#include "api/json_values.h"

namespace loadline {

namespace json = boost::json;

namespace {

constexpr std::size_t filter_values_max = 1000;

// One value or an array of alternatives.
void read_values(JsonFields& fields, std::string_view name, std::vector<std::string>& out) {
  const json::value* value = fields.any(name);
  if (value == nullptr) return;
  if (value->is_string()) return out.push_back(to_text(value->get_string()));
  if (!value->is_array()) return fields.fail(name, "must be a string or an array of strings");
  if (value->get_array().size() > filter_values_max)
    return fields.fail(name, "has more than " + std::to_string(filter_values_max) + " entries");
  for (const json::value& item : value->get_array()) {
    if (!item.is_string()) return fields.fail(name, "must be a string or an array of strings");
    out.push_back(to_text(item.get_string()));
  }
}

void read_filter(JsonFields& fields, ApiError& error, SearchFilter& filter) {
  const json::object* object = fields.object("filter");
  if (object == nullptr) return;
  JsonFields inner(*object, "filter", error);
  for (const auto& entry : *object) {
    const std::string_view key(entry.key().data(), entry.key().size());
    if (key != "document" && key != "type" && key != "company" && key != "period" && key != "label" &&
        key != "metadata")
      return inner.fail(key, "is unknown; a filter has document, type, company, period, label and metadata");
  }
  read_values(inner, "document", filter.documents);
  read_values(inner, "type", filter.media_types);
  read_values(inner, "company", filter.entities);
  read_values(inner, "period", filter.periods);
  read_values(inner, "label", filter.labels);
  const json::object* metadata = inner.object("metadata");
  if (metadata == nullptr) return;
  for (const auto& [key, value] : *metadata) {
    if (!value.is_string()) return inner.fail("metadata", "must map names to strings");
    filter.metadata.emplace_back(std::string(key.data(), key.size()), to_text(value.get_string()));
  }
}

json::object explanation_json(const HitExplanation& e) {
  json::object features;
  for (const auto& [name, value] : e.features) features[name] = value;
  return {{"keyword", {{"score", e.keyword_score}, {"rank", e.keyword_rank}}},
          {"vector", {{"score", e.vector_score}, {"rank", e.vector_rank}}},
          {"fused", {{"score", e.fused_score}, {"rank", e.fused_rank}}},
          {"document", {{"score", e.document_score}}},
          {"features", std::move(features)}};
}

json::object hit_json(const SearchHit& hit, bool explain) {
  json::array headings;
  for (const std::string& heading : hit.chunk.headings) headings.push_back(json_text(heading));
  json::object out{{"rank", hit.rank},
                   {"document", json_text(hit.document)},
                   {"title", json_text(hit.document_title)},
                   {"page", hit.page},
                   {"score", hit.score},
                   {"chunk", hit.chunk.id.value},
                   {"text", json_text(hit.chunk.text)},
                   {"headings", std::move(headings)},
                   {"box", box_json(hit.box)}};
  if (explain) out["explain"] = explanation_json(hit.explanation);
  return out;
}

}  // namespace

std::optional<SearchCall> parse_search_call(std::string_view body, ApiError& error) {
  error.status = 0;
  const auto object = parse_json_object(body, error);
  if (!object) return std::nullopt;
  JsonFields fields(*object, "", error);
  SearchCall call;
  call.request.query = fields.required_text("query");
  if (call.request.query.size() > search_query_bytes_max)
    fields.fail("query", "is longer than " + std::to_string(search_query_bytes_max) + " bytes");
  call.request.k = static_cast<std::size_t>(
      fields.integer("k", 1, static_cast<std::int64_t>(search_results_max)).value_or(10));
  call.explain = fields.boolean("explain").value_or(false);
  read_filter(fields, error, call.request.filter);
  if (fields.failed()) return std::nullopt;
  return call;
}

std::string search_json(const SearchResponse& response, const std::string& collection, bool explain) {
  json::array results;
  for (const SearchHit& hit : response.hits) results.push_back(hit_json(hit, explain));
  const SearchTimes& times = response.times;
  json::object out{{"object", "search"},
                   {"collection", json_text(collection)},
                   {"results", std::move(results)},
                   {"ms", rounded_ms(times.total_ms)}};
  if (explain)
    out["times"] = {{"embed", rounded_ms(times.embed_ms)},
                    {"keyword", rounded_ms(times.keyword_ms)},
                    {"vector", rounded_ms(times.vector_ms)},
                    {"fuse", rounded_ms(times.fuse_ms)},
                    {"rerank", rounded_ms(times.rerank_ms)}};
  return json::serialize(out);
}

}  // namespace loadline
