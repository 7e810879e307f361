#pragma once
// Spans on their way out: a bounded queue, and a thread that sends them in batches. Whoever makes a span
// never waits; what does not fit is counted and dropped, since a trace is worth less than the call it tells
// about. Thread-safe.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "observe/otlp.h"

namespace loadline {

struct TraceExporterOptions {
  std::string service = "loadline";
  std::string version;
  std::chrono::milliseconds batch_time{1000};
  std::size_t batch_spans = 512;  // sent earlier when so many wait

  static constexpr std::size_t waiting_max = 16'384;
};

class TraceExporter {
 public:
  /// `send` gets the body of a POST to the collector's /v1/traces; called on the exporter's thread, one call
  /// at a time; may block for a bounded time.
  TraceExporter(TraceExporterOptions options, std::function<Status(std::string body)> send);
  /// Sends what waits, once.
  ~TraceExporter();
  TraceExporter(const TraceExporter&) = delete;
  TraceExporter& operator=(const TraceExporter&) = delete;

  void add(Span span);

  struct Counts {
    std::uint64_t sent = 0, dropped = 0, failed = 0;  // spans
  };
  Counts counts() const;
  /// Of the last batch.
  Status health() const;

 private:
  void loop();

  const TraceExporterOptions options_;
  const std::function<Status(std::string)> send_;
  mutable std::mutex mutex_;
  std::condition_variable due_;
  // guarded by mutex_
  std::vector<Span> waiting_;
  bool stopping_ = false;
  Counts counts_;
  Status health_;
  std::thread thread_;
};

}  // namespace loadline
