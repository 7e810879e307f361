#include "api/gateway_metrics.h"

#include <algorithm>
#include <cstdio>
#include <functional>

#include "api/exposition.h"

namespace loadline {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

std::string label(std::string_view name, std::string_view value) {
  std::string out(name);
  out += "=\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "\"";
}

}  // namespace

void GatewaySeries::count_verdict(std::string_view guard, std::string_view verdict) {
  const auto place = [](const auto& names, std::string_view name) {
    const auto found = std::find(names.begin(), names.end() - 1, name);
    return static_cast<std::size_t>(found - names.begin());
  };
  verdicts[place(guard_labels, guard)][place(verdict_labels, verdict)].fetch_add(1, relaxed);
}

GatewaySeriesIndex::GatewaySeriesIndex(GatewayMetrics& metrics, const GatewayTable& table) {
  routes_.reserve(table.routes.size());
  for (const GatewayRoute& route : table.routes) {
    RouteSeries series{&metrics.series(route.policy.name, "(none)"), {}};
    for (const RouteCandidate& candidate : route.policy.candidates)
      series.models.emplace_back(candidate.model,
                                 &metrics.series(route.policy.name, table.models[candidate.model].name));
    routes_.push_back(std::move(series));
  }
}

GatewaySeries& GatewaySeriesIndex::of(std::size_t route, std::optional<std::uint32_t> model) const {
  const RouteSeries& series = routes_[route];
  for (const auto& [candidate, found] : series.models)
    if (model == candidate) return *found;
  return *series.none;
}

GatewaySeries& GatewayMetrics::series(std::string_view route, std::string_view model) {
  const std::lock_guard lock(mutex_);
  std::pair<std::string, std::string> name(route, model);
  auto found = series_.find(name);
  if (found == series_.end()) {
    if (series_.size() >= series_max) name = {"other", "other"};
    auto& made = series_[name];
    if (!made) made = std::make_unique<GatewaySeries>();
    return *made;
  }
  return *found->second;
}

void GatewayMetrics::append(std::string& out) const {
  const std::lock_guard lock(mutex_);
  if (series_.empty()) return;
  const auto each = [this](const std::function<void(const std::string&, const GatewaySeries&)>& show) {
    for (const auto& [name, series] : series_)
      show(label("route", name.first) + "," + label("model", name.second), *series);
  };
  const auto histogram = [&](const char* name, const char* help, Histogram GatewaySeries::*member) {
    append_metric_head(out, name, "histogram", help);
    each([&](const std::string& labels, const GatewaySeries& series) {
      if ((series.*member).count() > 0) (series.*member).append(out, name, labels);
    });
  };
  histogram("loadline_gateway_seconds", "A governed call from its request to its settlement.",
            &GatewaySeries::total);
  histogram("loadline_gateway_first_token_seconds",
            "From a request to the first byte of its streamed answer.", &GatewaySeries::first_token);
  histogram("loadline_gateway_between_tokens_seconds", "Between two pieces of a streamed answer.",
            &GatewaySeries::between_tokens);
  histogram("loadline_gateway_upstream_seconds", "From an attempt to the head of its answer.",
            &GatewaySeries::upstream);
  histogram("loadline_gateway_queue_seconds",
            "Waiting for a place: at a model, and of a connection to the upstream.", &GatewaySeries::queue);
  append_metric_head(out, "loadline_gateway_guard_seconds", "histogram",
                     "Guards of a call, by what they look at; injection: with the wait for its classifier.");
  each([&](const std::string& labels, const GatewaySeries& series) {
    for (std::size_t step = 0; step < guard_step_count; ++step)
      if (series.guards[step].count() > 0)
        series.guards[step].append(out, "loadline_gateway_guard_seconds",
                                   labels + "," + label("guard", name_of(static_cast<GuardStep>(step))));
  });
  const auto counter = [&](const char* name, const char* help,
                           std::atomic<std::uint64_t> GatewaySeries::*member) {
    append_metric_head(out, name, "counter", help);
    each([&](const std::string& labels, const GatewaySeries& series) {
      if (const std::uint64_t value = (series.*member).load(relaxed); value > 0)
        append_sample(out, name, labels, std::to_string(value));
    });
  };
  counter("loadline_gateway_input_tokens_total", "Tokens that models read.", &GatewaySeries::input_tokens);
  counter("loadline_gateway_cached_tokens_total", "Of these, from the provider's cache.",
          &GatewaySeries::cached_tokens);
  counter("loadline_gateway_output_tokens_total", "Tokens that models wrote.", &GatewaySeries::output_tokens);
  counter("loadline_gateway_malformed_events_total",
          "Events of upstreams that could not be read and were left out.", &GatewaySeries::malformed_events);
  append_metric_head(out, "loadline_gateway_cost_usd_total", "counter", "What calls cost, in US dollars.");
  each([&](const std::string& labels, const GatewaySeries& series) {
    const std::uint64_t nano = series.cost_nano.load(relaxed);
    char text[32];
    std::snprintf(text, sizeof text, "%.9f", static_cast<double>(nano) * 1e-9);
    if (nano > 0) append_sample(out, "loadline_gateway_cost_usd_total", labels, text);
  });
  append_metric_head(out, "loadline_gateway_guard_verdicts_total", "counter",
                     "What guards said of calls; failed and late: they could not check.");
  each([&](const std::string& labels, const GatewaySeries& series) {
    for (std::size_t guard = 0; guard < guard_labels.size(); ++guard)
      for (std::size_t verdict = 0; verdict < verdict_labels.size(); ++verdict)
        if (const std::uint64_t value = series.verdicts[guard][verdict].load(relaxed); value > 0)
          append_sample(out, "loadline_gateway_guard_verdicts_total",
                        labels + "," + label("guard", guard_labels[guard]) + "," +
                            label("verdict", verdict_labels[verdict]),
                        std::to_string(value));
  });
  append_metric_head(out, "loadline_gateway_calls_total", "counter", "Governed calls, by how they ended.");
  each([&](const std::string& labels, const GatewaySeries& series) {
    for (std::size_t i = 1; i < series.outcomes.size(); ++i)
      if (const std::uint64_t value = series.outcomes[i].load(relaxed); value > 0)
        append_sample(out, "loadline_gateway_calls_total",
                      labels + "," + label("outcome", row_outcome_name(static_cast<RowOutcome>(i))),
                      std::to_string(value));
  });
  append_metric_head(out, "loadline_gateway_attempt_failures_total", "counter",
                     "Attempts that failed, by how.");
  each([&](const std::string& labels, const GatewaySeries& series) {
    for (std::size_t i = 0; i < series.failures.size(); ++i)
      if (const std::uint64_t value = series.failures[i].load(relaxed); value > 0)
        append_sample(out, "loadline_gateway_attempt_failures_total",
                      labels + "," + label("failure", failure_name(static_cast<FailureKind>(i))),
                      std::to_string(value));
  });
}

void append_places(std::string& out, const std::vector<std::pair<std::string, CallGate::Counts>>& counts) {
  if (counts.empty()) return;
  append_metric_head(out, "loadline_gateway_places_taken", "gauge", "Calls that run at a model.");
  for (const auto& [model, count] : counts)
    append_sample(out, "loadline_gateway_places_taken", label("model", model), std::to_string(count.running));
  append_metric_head(out, "loadline_gateway_places_wanted", "gauge",
                     "Calls that wait for a place at a model.");
  for (const auto& [model, count] : counts)
    append_sample(out, "loadline_gateway_places_wanted", label("model", model),
                  std::to_string(count.waiting));
}

void append_cache_metrics(std::string& out, const AnswerCache::Counts& answers, std::size_t questions,
                          const std::map<std::string, HitPrecision::Counts>& precision) {
  const auto single = [&out](const char* name, const char* type, const char* help, std::uint64_t value) {
    append_metric_head(out, name, type, help);
    append_sample(out, name, "", std::to_string(value));
  };
  single("loadline_answer_cache_hits_total", "counter", "Answers found, of the same or a similar request.",
         answers.hits);
  single("loadline_answer_cache_misses_total", "counter", "Requests that were not answered before.",
         answers.misses);
  single("loadline_answer_cache_evicted_total", "counter", "Answers given up for want of room.",
         answers.evicted);
  single("loadline_answer_cache_entries", "gauge", "Answers kept.", answers.entries);
  single("loadline_answer_cache_bytes", "gauge", "Memory they take.", answers.bytes);
  single("loadline_semantic_cache_questions", "gauge", "Questions that similar ones are compared with.",
         questions);
  if (precision.empty()) return;
  append_metric_head(out, "loadline_semantic_cache_served_total", "counter",
                     "Answers given to a similar question.");
  for (const auto& [route, counts] : precision)
    append_sample(out, "loadline_semantic_cache_served_total", label("route", route),
                  std::to_string(counts.served));
  append_metric_head(out, "loadline_semantic_cache_verified_total", "counter",
                     "Semantic hits that the model was asked too, by what its answer said.");
  for (const auto& [route, counts] : precision)
    for (const auto& [verdict, count] : {std::pair("right", counts.right), std::pair("wrong", counts.wrong),
                                         std::pair("failed", counts.failed)})
      append_sample(out, "loadline_semantic_cache_verified_total",
                    label("route", route) + "," + label("verdict", verdict), std::to_string(count));
  append_metric_head(out, "loadline_semantic_cache_precision_lower_bound", "gauge",
                     "Share of right hits that is shown with 95 % confidence.");
  for (const auto& [route, counts] : precision) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4f", counts.lower_bound);
    append_sample(out, "loadline_semantic_cache_precision_lower_bound", label("route", route), text);
  }
}

}  // namespace loadline
