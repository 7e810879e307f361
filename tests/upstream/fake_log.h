#pragma once
// What the fake upstream received and billed, for tests to look at. Bounded: the oldest requests go first,
// counts stay. One thread.
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadline {

struct FakeLogEntry {
  std::uint64_t number = 0;  // from 1, over all requests
  std::string method, target, model;
  std::vector<std::pair<std::string, std::string>> headers;  // in order, as sent
  std::string body;
  int status = 0;
  std::string outcome = "running";  // "whole", "cut" (by a fault), "client_gone"
  std::uint64_t events_sent = 0, bytes_sent = 0;
  std::uint64_t prompt_tokens = 0, completion_tokens = 0;  // billed
};

class FakeLog {
 public:
  FakeLog(std::size_t requests_max, std::size_t bytes_max)
      : requests_max_(requests_max), bytes_max_(bytes_max) {}

  /// Gives its number.
  std::uint64_t begin(FakeLogEntry request);
  /// How it ended; also of one that the log forgot already.
  void end(FakeLogEntry request);
  /// One that is only counted.
  void count() { ++requests_; }
  void connected() { ++connections_, ++connections_open_; }
  void disconnected() { --connections_open_; }
  void clear();

  /// {"connections", "connections_open", "requests", "whole", "cut", "client_gone", "running",
  /// "prompt_tokens", "completion_tokens", "forgotten", "models": {NAME: {"requests", "prompt_tokens",
  /// "completion_tokens"}}}
  std::string counts() const;
  /// The requests from `first` on, as a list.
  std::string requests(std::uint64_t first) const;
  /// Null: there is none, or it was forgotten.
  const FakeLogEntry* find(std::uint64_t number) const;

 private:
  struct Totals {
    std::uint64_t requests = 0, prompt_tokens = 0, completion_tokens = 0;
  };
  FakeLogEntry* entry(std::uint64_t number);

  const std::size_t requests_max_, bytes_max_;
  std::deque<FakeLogEntry> log_;
  std::size_t bytes_ = 0;  // of bodies
  std::uint64_t requests_ = 0, forgotten_ = 0, logged_ = 0;
  std::uint64_t connections_ = 0, connections_open_ = 0;
  std::map<std::string, std::uint64_t> outcomes_;
  std::map<std::string, Totals> models_;  // bounded by models_max; the rest under "other"
};

}  // namespace loadline
