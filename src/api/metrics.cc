#include "api/metrics.h"

#include <algorithm>
#include <cstdio>

#include "api/exposition.h"

namespace loadline {
namespace {

constexpr std::array<std::string_view, route_count> labels{
    "none",      "chat",         "completions", "embeddings",    "responses",  "messages",
    "models",    "model",        "collections", "collection",    "documents",  "document",
    "search",    "health",       "ready",       "metrics",       "openapi",    "admin_keys",
    "admin_key", "admin_rotate", "admin_usage", "admin_budgets", "admin_audit"};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

void counter(std::string& out, const char* name, const char* help, std::uint64_t value) {
  append_metric_head(out, name, "counter", help);
  append_sample(out, name, "", std::to_string(value));
}

void gauge(std::string& out, const char* name, const char* help, std::uint64_t value) {
  append_metric_head(out, name, "gauge", help);
  append_sample(out, name, "", std::to_string(value));
}

double seconds_of(double ms) { return ms / 1000; }

constexpr auto relaxed = std::memory_order_relaxed;

}  // namespace

std::string_view route_label(Route route) { return labels[static_cast<std::size_t>(route)]; }

void Histogram::observe(double seconds) {
  const auto bound = std::lower_bound(bounds.begin(), bounds.end(), seconds);
  counts_[static_cast<std::size_t>(bound - bounds.begin())].fetch_add(1, relaxed);
  nanos_.fetch_add(static_cast<std::uint64_t>(std::max(0.0, seconds) * 1e9), relaxed);
}

std::uint64_t Histogram::count() const {
  std::uint64_t sum = 0;
  for (const auto& count : counts_) sum += count.load(relaxed);
  return sum;
}

void Histogram::append(std::string& out, const char* name, const std::string& label_text) const {
  const std::string more = label_text.empty() ? "" : label_text + ",";
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    sum += counts_[i].load(relaxed);
    append_sample(out, std::string(name) + "_bucket", more + "le=\"" + number(bounds[i]) + "\"",
                  std::to_string(sum));
  }
  sum += counts_.back().load(relaxed);
  append_sample(out, std::string(name) + "_bucket", more + "le=\"+Inf\"", std::to_string(sum));
  append_sample(out, std::string(name) + "_sum", label_text,
                number(static_cast<double>(nanos_.load(relaxed)) * 1e-9));
  append_sample(out, std::string(name) + "_count", label_text, std::to_string(sum));
}

std::size_t Metrics::status_index(int status) {
  return static_cast<std::size_t>(std::find(statuses.begin(), statuses.end(), status) - statuses.begin());
}

void Metrics::add_request(Route route, int status, Duration time, bool client_gone) {
  const auto row = static_cast<std::size_t>(route);
  requests_[row][status_index(status)].fetch_add(1, relaxed);
  durations_[row].observe(std::chrono::duration<double>(time).count());
  if (client_gone) clients_gone_.fetch_add(1, relaxed);
}

void Metrics::add_answer(const Answer& answer) {
  prompt_tokens_.fetch_add(answer.chat.usage.prompt_tokens, relaxed);
  cached_tokens_.fetch_add(answer.chat.usage.cached_prompt_tokens, relaxed);
  completion_tokens_.fetch_add(answer.chat.usage.completion_tokens, relaxed);
  answers_.fetch_add(1, relaxed);
  abstained_.fetch_add(answer.abstained ? 1 : 0, relaxed);
  extractive_.fetch_add(answer.extractive ? 1 : 0, relaxed);
  quarantined_.fetch_add(answer.passages.left_out, relaxed);
  for (const Citation& citation : answer.citations)
    (citation.supported ? citations_supported_ : citations_unsupported_).fetch_add(1, relaxed);
  first_token_.observe(seconds_of(answer.times.first_token_ms));
  if (answer.times.retrieve_ms > 0) retrieve_.observe(seconds_of(answer.times.retrieve_ms));
}

void Metrics::add_embedded(std::uint64_t texts, std::uint64_t tokens) {
  embedded_texts_.fetch_add(texts, relaxed);
  embedded_tokens_.fetch_add(tokens, relaxed);
}

std::string Metrics::text(const HttpServerStats* server, const WaitingUploads& uploads) const {
  std::string out;
  append_metric_head(out, "loadline_requests_total", "counter",
                     "Requests answered, by route and HTTP status.");
  for (std::size_t row = 0; row < route_count; ++row)
    for (std::size_t column = 0; column <= statuses.size(); ++column) {
      const std::uint64_t count = requests_[row][column].load(relaxed);
      if (count == 0) continue;
      const std::string status = column < statuses.size() ? std::to_string(statuses[column]) : "other";
      append_sample(out, "loadline_requests_total",
                    "route=\"" + std::string(labels[row]) + "\",status=\"" + status + "\"",
                    std::to_string(count));
    }
  append_metric_head(out, "loadline_request_duration_seconds", "histogram",
                     "From the end of a request's header to the last byte of its answer.");
  for (std::size_t row = 0; row < route_count; ++row)
    if (durations_[row].count() > 0)
      durations_[row].append(out, "loadline_request_duration_seconds",
                             "route=\"" + std::string(labels[row]) + "\"");
  append_metric_head(out, "loadline_first_token_seconds", "histogram",
                     "From a chat request to its answer's first piece.");
  first_token_.append(out, "loadline_first_token_seconds", "");
  append_metric_head(out, "loadline_retrieve_seconds", "histogram", "Search for the passages of an answer.");
  retrieve_.append(out, "loadline_retrieve_seconds", "");
  counter(out, "loadline_clients_gone_total", "Requests whose client left before the answer was sent.",
          clients_gone_.load(relaxed));
  counter(out, "loadline_prompt_tokens_total", "Tokens that models read.", prompt_tokens_.load(relaxed));
  counter(out, "loadline_cached_prompt_tokens_total", "Of these, those whose computation was shared.",
          cached_tokens_.load(relaxed));
  counter(out, "loadline_completion_tokens_total", "Tokens that models wrote.",
          completion_tokens_.load(relaxed));
  counter(out, "loadline_answers_total", "Answers made.", answers_.load(relaxed));
  counter(out, "loadline_abstentions_total", "Answers that say that the documents do not say it.",
          abstained_.load(relaxed));
  counter(out, "loadline_extractive_answers_total", "Answers quoted without a model.",
          extractive_.load(relaxed));
  counter(out, "loadline_quarantined_passages_total",
          "Passages left out because they give orders to their reader.", quarantined_.load(relaxed));
  append_metric_head(out, "loadline_citations_total", "counter",
                     "Citations, by whether the passage supports them.");
  append_sample(out, "loadline_citations_total", "supported=\"true\"",
                std::to_string(citations_supported_.load(relaxed)));
  append_sample(out, "loadline_citations_total", "supported=\"false\"",
                std::to_string(citations_unsupported_.load(relaxed)));
  counter(out, "loadline_embedded_texts_total", "Texts embedded for clients.", embedded_texts_.load(relaxed));
  counter(out, "loadline_embedded_tokens_total", "Tokens of these.", embedded_tokens_.load(relaxed));
  counter(out, "loadline_searches_total", "Searches for clients.", searches_.load(relaxed));
  counter(out, "loadline_uploads_total", "Documents uploaded.", uploads_.load(relaxed));
  gauge(out, "loadline_uploads_pending", "Uploaded documents that wait for ingestion.", uploads.count);
  gauge(out, "loadline_uploads_pending_bytes", "Disk that they and those being received take.",
        uploads.bytes);
  if (server == nullptr) return out;
  gauge(out, "loadline_requests_in_flight", "Requests that are being answered now.",
        server->requests_in_flight.load(relaxed));
  gauge(out, "loadline_connections", "Open connections.", server->connections_open.load(relaxed));
  counter(out, "loadline_connections_total", "Connections accepted.",
          server->connections_accepted.load(relaxed));
  counter(out, "loadline_connections_refused_total", "Connections refused because too many were open.",
          server->connections_refused.load(relaxed));
  gauge(out, "loadline_body_bytes", "Memory that request bodies take now.", server->body_bytes.load(relaxed));
  counter(out, "loadline_bodies_refused_total", "Requests refused because all bodies together had no room.",
          server->bodies_refused.load(relaxed));
  counter(out, "loadline_timeouts_total", "Connections and requests that ran out of time.",
          server->timeouts.load(relaxed));
  return out;
}

}  // namespace loadline
