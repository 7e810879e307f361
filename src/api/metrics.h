#pragma once
// What /metrics shows, in the Prometheus text format. Counters are plain atomics in fixed tables (routes,
// status codes, bounds of histograms), so that counting a request is a few additions. Thread-safe.
#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "api/routes.h"
#include "api/upload_jobs.h"
#include "base/clock.h"
#include "gateway/chat_flow.h"
#include "net/http_handler.h"

namespace loadline {

class Histogram {
 public:
  static constexpr std::array<double, 14> bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                 0.1,    0.25,  0.5,    1,     2.5,  10,    60};  // seconds
  void observe(double seconds);
  /// `labels`: "route=\"chat\"" or "".
  void append(std::string& out, const char* name, const std::string& labels) const;
  std::uint64_t count() const;

 private:
  std::array<std::atomic<std::uint64_t>, bounds.size() + 1> counts_{};
  std::atomic<std::uint64_t> nanos_{0};
};

class Metrics {
 public:
  void add_request(Route route, int status, Duration time, bool client_gone);
  void add_answer(const Answer& answer);
  void add_embedded(std::uint64_t texts, std::uint64_t tokens);
  void add_searches(std::uint64_t searches) { searches_.fetch_add(searches, std::memory_order_relaxed); }
  void add_uploads(std::uint64_t documents) { uploads_.fetch_add(documents, std::memory_order_relaxed); }

  /// `server` may be null: before the server starts.
  std::string text(const HttpServerStats* server, const WaitingUploads& uploads) const;

 private:
  static constexpr std::array<int, 20> statuses{200, 202, 204, 400, 401, 403, 404, 405, 408, 409,
                                                413, 415, 417, 429, 431, 499, 500, 501, 503, 504};
  static std::size_t status_index(int status);

  // The last column counts other statuses.
  std::array<std::array<std::atomic<std::uint64_t>, statuses.size() + 1>, route_count> requests_{};
  std::array<Histogram, route_count> durations_;
  Histogram first_token_, retrieve_;
  std::atomic<std::uint64_t> clients_gone_{0};
  std::atomic<std::uint64_t> prompt_tokens_{0}, cached_tokens_{0}, completion_tokens_{0};
  std::atomic<std::uint64_t> answers_{0}, abstained_{0}, extractive_{0}, quarantined_{0};
  std::atomic<std::uint64_t> citations_supported_{0}, citations_unsupported_{0};
  std::atomic<std::uint64_t> embedded_texts_{0}, embedded_tokens_{0}, searches_{0}, uploads_{0};
};

/// Short name of a route for labels: "chat", "models" ...
std::string_view route_label(Route route);

}  // namespace loadline
