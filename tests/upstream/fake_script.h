#pragma once
// What the fake upstream is told to do: rules from `PUT /control`, the first that fits a request applies.
// README.md has the JSON. One thread.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace loadline {

/// How one answer goes wrong, and what is in it. Counts of bytes are of the body, before its framing.
struct FakeFault {
  std::uint32_t delay_ms = 0;  // before the answer begins
  int status = 0;              // an error instead of an answer
  std::string retry_after;     // of the error; "": no such header
  bool close_before_answer = false;
  bool reset = false;  // breaking off is a reset, not an orderly close
  std::optional<std::uint64_t> drop_after_bytes, drop_after_events;
  std::optional<std::uint64_t> stall_after_bytes, stall_after_events;
  std::uint64_t drip_bytes_per_s = 0;
  std::uint64_t split_bytes = 0;  // sends pieces of this size, each by itself
  std::optional<std::uint64_t> malformed_event;

  std::optional<std::string> text;  // instead of the echo
  std::uint32_t deltas = 4;         // the pieces of a stream's text
  std::uint32_t delta_ms = 0;       // between them
  bool ignores_limit = false;       // of output tokens
  bool tool = false;                // calls the first tool that was offered
  bool thinking = false;
  std::string finish;           // instead of what is usual: "length", "content_filter"
  std::string usage = "right";  // "right", "missing", "wrong" (ten times too much), "none" (zeros)
};

struct FakeRule {
  // A request must fit all that are given.
  std::string path;         // part of the target
  std::string model;        // equal
  std::string contains;     // part of the body
  std::uint64_t times = 0;  // 0: always
  FakeFault fault;
  std::uint64_t used = 0;
};

class FakeScript {
 public:
  static constexpr std::size_t rules_max = 1024;
  static constexpr std::size_t json_bytes_max = 1 << 20;

  /// {"canned": bool, "rules": [...]}. invalid_argument says what is wrong; an unknown member is an error.
  static Result<FakeScript> parse(std::string_view json);
  /// One fault, of a request's own header.
  static Result<FakeFault> parse_fault(std::string_view json);

  const FakeFault& find(std::string_view target, std::string_view model, std::string_view body);
  /// Same answer for everyone, nothing parsed or recorded: for benchmarks.
  bool canned() const { return canned_; }

 private:
  bool canned_ = false;
  std::vector<FakeRule> rules_;
  FakeFault none_;
};

}  // namespace loadline
