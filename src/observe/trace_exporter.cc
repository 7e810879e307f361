#include "observe/trace_exporter.h"

namespace loadline {

TraceExporter::TraceExporter(TraceExporterOptions options, std::function<Status(std::string)> send)
    : options_(std::move(options)), send_(std::move(send)), thread_([this] { loop(); }) {}

TraceExporter::~TraceExporter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  due_.notify_all();
  thread_.join();
}

void TraceExporter::add(Span span) {
  bool full_batch = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= TraceExporterOptions::waiting_max) {
      ++counts_.dropped;
      return;
    }
    waiting_.push_back(std::move(span));
    full_batch = waiting_.size() == options_.batch_spans;
  }
  if (full_batch) due_.notify_one();
}

void TraceExporter::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    due_.wait_for(lock, options_.batch_time,
                  [this] { return stopping_ || waiting_.size() >= options_.batch_spans; });
    std::vector<Span> batch;
    batch.swap(waiting_);
    const bool last = stopping_;
    lock.unlock();
    Status sent;
    if (!batch.empty()) sent = send_(otlp_json(batch, options_.service, options_.version));
    lock.lock();
    if (!batch.empty()) {
      (sent.ok() ? counts_.sent : counts_.failed) += batch.size();
      health_ = sent;
    }
    if (last) return;
  }
}

TraceExporter::Counts TraceExporter::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

Status TraceExporter::health() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

}  // namespace loadline
