#pragma once
// Finds personal data and secrets in text: one pass from left to right, no regular expression except those
// of customers (RE2, linear).
//
// How it decides. At each place where a value may begin, the matchers for that place read on to the right;
// the words up to `context_bytes` to the left raise or allow a match. Findings never overlap: the leftmost
// wins, at one place the more confident, then the longer, then the type that comes first; a weak one gives
// way to a stronger one that begins inside it. Nothing that lies more than `reach_bytes` to the right is ever
// looked at, which is what bounds the hold-back of a stream (stream_filter.h).
//
// The text is normalised on the way (normaliser.h); findings are byte ranges of the text as given.
//
// Immutable after `make`, thread-safe. Linear in the text, also a hostile one (steps are counted in a test).
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "privacy/data_type.h"

namespace loadline {

/// What a custom pattern's match must pass besides.
enum class PatternCheck : std::uint8_t { none, luhn, mod97, mod11 };

/// A customer's own identifier, from the manifest.
struct CustomPattern {
  static constexpr std::size_t bytes_max_limit = 256;

  std::string name;        // lower-case letters, digits, '_'; unique
  std::string expression;  // RE2; tried where a word begins, the longest match counts
  PatternCheck check = PatternCheck::none;
  std::vector<std::string> context;  // if any: one must stand to the left (whole word, case ignored)
  std::size_t bytes_max = 64;        // longest match looked for
  Action action = Action::pseudonymise;
};

struct DetectorOptions {
  static constexpr std::size_t patterns_max = 64;

  std::vector<CustomPattern> patterns;
  /// Findings below it are not reported. 0.5: what has a checksum, a fixed form or its context.
  float confidence_min = 0.5F;
  /// Types that are not looked for at all.
  std::vector<DataType> off;
  /// Those of the types `is_only_on_request` that are.
  std::vector<DataType> requested = {};
};

/// Findings from elsewhere: a model that knows names.
class FurtherFindings {
 public:
  virtual ~FurtherFindings() = default;
  /// Appends the findings of one unit of a text (name_words.h), in order, none overlapping. May take
  /// milliseconds. An error: nothing is known about the unit. Thread-safe.
  virtual Status find(std::string_view unit, const CallContext& context, std::vector<Finding>& out) const = 0;
};

class Detector {
 public:
  /// How far to the left context words count.
  static constexpr std::size_t context_bytes = 96;
  /// How far to the right a decision may read, but for private keys and JWTs (bytes of the normalised text).
  static constexpr std::size_t reach_bytes = 640;
  /// A private key or JWT that is longer is found in several pieces.
  static constexpr std::size_t long_reach_bytes = 8192;

  /// invalid_argument: a pattern that RE2 refuses, matches the empty text, or breaks a limit; says which.
  static Result<std::unique_ptr<const Detector>> make(DetectorOptions options);
  ~Detector();

  /// All findings of a text, in order, none overlapping. Never fails; invalid UTF-8 is text like any other.
  std::vector<Finding> find(std::string_view text) const;
  /// The same with those of `further` merged in, unit by unit: of two that overlap the more confident stays,
  /// at equal confidence the one of this detector. Errors: those of `further`.
  Result<std::vector<Finding>> find(std::string_view text, const FurtherFindings& further,
                                    const CallContext& context) const;

  const DetectorOptions& options() const;

  class Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit Detector(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace loadline
