#include "fake_log.h"

#include <boost/json.hpp>

namespace loadline {
namespace {

namespace json = boost::json;

constexpr std::size_t models_max = 1000;

}  // namespace

std::uint64_t FakeLog::begin(FakeLogEntry request) {
  ++requests_;
  request.number = ++logged_;
  bytes_ += request.body.size();
  log_.push_back(std::move(request));
  while (log_.size() > requests_max_ || (bytes_ > bytes_max_ && log_.size() > 1)) {
    bytes_ -= log_.front().body.size();
    log_.pop_front();
    ++forgotten_;
  }
  return logged_;
}

void FakeLog::end(FakeLogEntry request) {
  ++outcomes_[request.outcome];
  const bool known = models_.size() < models_max || models_.count(request.model) > 0;
  Totals& totals = models_[known ? request.model : "other"];
  ++totals.requests;
  totals.prompt_tokens += request.prompt_tokens;
  totals.completion_tokens += request.completion_tokens;
  FakeLogEntry* const logged = entry(request.number);
  if (logged == nullptr) return;
  request.body = std::move(logged->body);
  request.headers = std::move(logged->headers);
  *logged = std::move(request);
}

void FakeLog::clear() {
  log_.clear();
  bytes_ = 0;
  requests_ = forgotten_ = 0;
  connections_ = connections_open_;
  outcomes_.clear();
  models_.clear();
}

// The numbers of the log have no gaps.
FakeLogEntry* FakeLog::entry(std::uint64_t number) {
  if (log_.empty() || number < log_.front().number || number > log_.back().number) return nullptr;
  return &log_[static_cast<std::size_t>(number - log_.front().number)];
}

const FakeLogEntry* FakeLog::find(std::uint64_t number) const {
  return const_cast<FakeLog*>(this)->entry(number);
}

std::string FakeLog::counts() const {
  json::object models;
  Totals all;
  for (const auto& [name, totals] : models_) {
    models[name] = {{"requests", totals.requests},
                    {"prompt_tokens", totals.prompt_tokens},
                    {"completion_tokens", totals.completion_tokens}};
    all.prompt_tokens += totals.prompt_tokens;
    all.completion_tokens += totals.completion_tokens;
  }
  std::uint64_t running = requests_;
  json::object counts{{"connections", connections_},
                      {"connections_open", connections_open_},
                      {"requests", requests_},
                      {"prompt_tokens", all.prompt_tokens},
                      {"completion_tokens", all.completion_tokens},
                      {"forgotten", forgotten_},
                      {"models", models}};
  for (const char* outcome : {"whole", "cut", "client_gone"}) {
    const auto at = outcomes_.find(outcome);
    counts[outcome] = at == outcomes_.end() ? 0 : at->second;
    running -= at == outcomes_.end() ? 0 : at->second;
  }
  counts["running"] = running;
  return json::serialize(counts);
}

std::string FakeLog::requests(std::uint64_t first) const {
  json::array list;
  for (const FakeLogEntry& each : log_) {
    if (each.number < first) continue;
    json::array headers;
    for (const auto& [name, value] : each.headers) headers.push_back(json::array{name, value});
    list.push_back(json::object{{"number", each.number},
                                {"method", each.method},
                                {"target", each.target},
                                {"model", each.model},
                                {"headers", std::move(headers)},
                                {"body", each.body},
                                {"status", each.status},
                                {"outcome", each.outcome},
                                {"events_sent", each.events_sent},
                                {"bytes_sent", each.bytes_sent},
                                {"prompt_tokens", each.prompt_tokens},
                                {"completion_tokens", each.completion_tokens}});
  }
  return json::serialize(list);
}

}  // namespace loadline
