#include "apps/loadline/index_watch.h"

namespace loadline {

IndexWatch::IndexWatch(Ingestor& ingestor, const Clock& clock, Log& log) : ingestor_(ingestor), log_(log) {
  context_.clock = &clock;
  thread_ = std::thread([this] { work(); });
}

IndexWatch::~IndexWatch() {
  context_.cancel.cancel();
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  closed_.notify_all();
  thread_.join();
}

void IndexWatch::work() {
  std::unique_lock lock(mutex_);
  while (!closed_.wait_for(lock, index_watch_interval, [this] { return closing_; })) {
    lock.unlock();
    look();
    lock.lock();
  }
}

Status IndexWatch::status() const {
  std::lock_guard lock(mutex_);
  return last_;
}

void IndexWatch::look() {
  Status status = ingestor_.synchronise(context_);
  // Another process is writing, and brings its indexing along.
  if (!status && status.error().code() == Code::failed_precondition) status = {};
  if (context_.cancel.cancelled()) return;
  std::lock_guard lock(mutex_);
  const bool news = !status && (last_.ok() || last_.error().code() != status.error().code());
  if (news) log_.warning("indexes_not_followed", {{"code", code_name(status.error().code())}});
  last_ = std::move(status);
}

}  // namespace loadline
