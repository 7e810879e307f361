#pragma once
// Bearer tokens of an identity provider, checked against a key set that is kept fresh.
//
// The key set is fetched again every `refresh_every`, and at most every `unknown_every` when a token is
// signed by a key that is not in it (so that rotation is seen at once, and nobody can make us ask all the
// time). While fetching fails, what was fetched last serves until it is `stale_max` old; then, and before the
// first success, every token is refused: fail closed. Fetching happens on a thread of its own; `verify` waits
// for nothing. Thread-safe.
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "governance/jwt.h"

namespace loadline {

struct KeySetOptions {
  /// The JWKS document. May take seconds; called by one thread at a time.
  std::function<Result<std::string>()> fetch;
  Duration refresh_every = std::chrono::minutes(5);
  Duration unknown_every = std::chrono::seconds(10);
  Duration stale_max = std::chrono::hours(1);
  bool by_hand = false;  // no thread: `step` is called by the owner

  /// After a failure: doubles from here, up to refresh_every.
  static constexpr Duration retry_first = std::chrono::seconds(1);
};

class BearerTokens {
 public:
  /// Fetches once before it returns; that this fails is logged and tried again, and no error.
  /// invalid_argument: as JwtVerifier::create.
  static Result<std::unique_ptr<BearerTokens>> open(JwtOptions jwt, KeySetOptions keys, const Clock& clock,
                                                    Log& log);
  ~BearerTokens();

  /// unauthenticated, permission_denied: as JwtVerifier::verify. unavailable: the keys are not known, too
  /// old, or the one that signed is being looked for; the same token may be good in a second.
  Result<std::shared_ptr<const Identity>> verify(std::string_view token) const;
  /// Fetches if it is time to.
  void step();
  /// Of the last fetch.
  Status health() const;

 private:
  BearerTokens(std::unique_ptr<JwtVerifier> verifier, KeySetOptions keys, const Clock& clock, Log& log);
  bool due_locked(Instant now) const;
  Duration pause_locked() const;
  void keep();

  const std::unique_ptr<JwtVerifier> verifier_;
  const KeySetOptions keys_;
  const Clock& clock_;
  Log& log_;
  std::string content_;  // of the last fetch; used by whoever fetches
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // guarded by mutex_
  mutable bool wanted_ = false;       // a token came whose key is not known
  std::optional<Instant> fetched_{};  // the last success
  std::optional<Instant> tried_{};
  std::uint32_t failures_ = 0;  // in a row
  Status health_;
  bool stopping_ = false;
  std::thread keeper_;
};

}  // namespace loadline
