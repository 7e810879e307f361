#pragma once
// Names in a request: the model that knows them needs milliseconds and a pool thread, the filter that acts on
// them runs on the request's own. So what the filter would ask is asked before: its units are collected by a
// first pass that changes nothing (`NamesLook::collector`), a pool thread answers (`look_for_names`), and the
// filter finds the answers here.
//
// `NamesLook` is one request's, used by one thread; `look_for_names` runs on another one with what it owns.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "privacy/detector.h"

namespace loadline {

/// What the model said of units.
struct NamesAnswer {
  std::vector<std::optional<std::vector<Finding>>>
      findings;                  // as the units; none: it did not come to this one
  std::optional<Error> failure;  // why there is one without; safe to show
};

/// Asks about each unit, until the time is over or one fails.
NamesAnswer look_for_names(const FurtherFindings& model, const std::vector<std::string>& units,
                           const CallContext& context);

class NamesLook final : public FurtherFindings {
 public:
  NamesLook();
  /// Finds nothing, and notes what it was asked.
  const FurtherFindings& collector() const { return collector_; }
  /// A text of our own that may take a text's place after collecting; it has no names.
  void add_known(std::string_view unit);
  /// What was asked, each once; null: nothing.
  std::shared_ptr<const std::vector<std::string>> units() const;
  void take(NamesAnswer answer);
  /// The model was not asked, and why.
  void not_looked(Error why) { failure_ = std::move(why); }

  /// What was taken for the unit. unavailable or deadline_exceeded: nothing was.
  Status find(std::string_view unit, const CallContext& context, std::vector<Finding>& out) const override;

 private:
  class Collector final : public FurtherFindings {
   public:
    Status find(std::string_view unit, const CallContext& context, std::vector<Finding>& out) const override;
    mutable std::unordered_map<std::string, std::size_t> numbers;
    std::shared_ptr<std::vector<std::string>> units = std::make_shared<std::vector<std::string>>();
  };

  Collector collector_;
  std::vector<std::optional<std::vector<Finding>>> findings_;  // by number
  std::vector<std::string> known_;
  Error failure_;
};

}  // namespace loadline
