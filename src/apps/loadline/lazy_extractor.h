#pragma once
// The confined extractor, started (to ask for its version) when documents are first to be read, so that what
// only looks at stored documents works without it. Thread-safe; a failure is not remembered.
#include <memory>
#include <mutex>
#include <utility>

#include "extract/extractor_process.h"

namespace loadline {

class LazyExtractor final : public DocumentExtractor {
 public:
  explicit LazyExtractor(ExtractorOptions options) : options_(std::move(options)) {}

  Status prepare() override {
    const auto opened = extractor();
    return opened ? Status() : Status(opened.error());
  }
  Status extract(const ExtractRequest& request, PageSink& sink, const CallContext& context) override {
    LOADLINE_ASSIGN(ExtractorProcess* const extractor, this->extractor());
    return extractor->extract(request, sink, context);
  }
  /// "" before a `prepare` that succeeded.
  std::string version() const override {
    const std::lock_guard lock(mutex_);
    return extractor_ ? extractor_->version() : std::string();
  }

 private:
  Result<ExtractorProcess*> extractor() {
    const std::lock_guard lock(mutex_);
    if (!extractor_) {
      LOADLINE_ASSIGN(extractor_, ExtractorProcess::open(options_));
    }
    return extractor_.get();
  }

  const ExtractorOptions options_;
  mutable std::mutex mutex_;
  std::unique_ptr<ExtractorProcess> extractor_;  // guarded by mutex_; once set, it stays
};

}  // namespace loadline
