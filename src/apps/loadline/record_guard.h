#pragma once
// The engine that looks for personal data, before what goes into logs and records: nothing there should have
// any, and this is for what should not be.
#include <memory>
#include <string>
#include <string_view>

#include "privacy/stream_filter.h"

namespace loadline {

/// Types that nothing of ours looks like (no words that name a secret, as JSON has them, no addresses of
/// machines, no identifiers of companies), and only where there is no doubt. Immutable, thread-safe.
class RecordGuard {
 public:
  RecordGuard();
  RecordGuard(const RecordGuard&) = delete;  // its parts point at each other
  RecordGuard& operator=(const RecordGuard&) = delete;

  /// The text with masks for values.
  std::string scrubbed(std::string_view text) const;
  /// Whether nothing was found in it.
  bool is_clean(std::string_view text) const;

 private:
  std::unique_ptr<const Detector> detector_;
  ActionTable actions_;
  FilterSettings settings_;
};

}  // namespace loadline
