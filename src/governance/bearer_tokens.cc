#include "governance/bearer_tokens.h"

#include <algorithm>

namespace loadline {

BearerTokens::BearerTokens(std::unique_ptr<JwtVerifier> verifier, KeySetOptions keys, const Clock& clock,
                           Log& log)
    : verifier_(std::move(verifier)), keys_(std::move(keys)), clock_(clock), log_(log) {}

Result<std::unique_ptr<BearerTokens>> BearerTokens::open(JwtOptions jwt, KeySetOptions keys,
                                                         const Clock& clock, Log& log) {
  LOADLINE_ASSIGN(auto verifier, JwtVerifier::create(std::move(jwt)));
  std::unique_ptr<BearerTokens> opened(new BearerTokens(std::move(verifier), std::move(keys), clock, log));
  opened->step();
  if (!opened->keys_.by_hand) opened->keeper_ = std::thread([self = opened.get()] { self->keep(); });
  return opened;
}

BearerTokens::~BearerTokens() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (keeper_.joinable()) keeper_.join();
}

Duration BearerTokens::pause_locked() const {
  if (failures_ == 0) return keys_.refresh_every;
  constexpr std::uint32_t doublings_max = 20;
  const Duration pause = KeySetOptions::retry_first * (1U << std::min(failures_ - 1, doublings_max));
  return std::min(pause, keys_.refresh_every);
}

bool BearerTokens::due_locked(Instant now) const {
  if (!tried_) return true;
  const Duration since = now - *tried_;
  return since >= pause_locked() || (wanted_ && since >= keys_.unknown_every);
}

void BearerTokens::step() {
  {
    const std::lock_guard lock(mutex_);
    if (!due_locked(clock_.now())) return;
    tried_ = clock_.now();
  }
  Result<std::string> fetched = keys_.fetch();
  Status status;
  if (!fetched)
    status = fetched.error();
  else if (*fetched != content_)
    status = verifier_->set_keys(*fetched);
  if (status && *fetched != content_) {
    content_ = std::move(*fetched);
    log_.info("token_keys_changed");
  }
  if (!status) log_.error("token_keys_unreadable", {{"error", status.error().to_string()}});
  const std::lock_guard lock(mutex_);
  wanted_ = false;
  health_ = status;
  failures_ = status ? 0 : failures_ + 1;
  if (status) fetched_ = clock_.now();
}

void BearerTokens::keep() {
  constexpr auto look_every = std::chrono::milliseconds(250);
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, look_every, [this] { return stopping_ || due_locked(clock_.now()); });
      if (stopping_) return;
    }
    step();
  }
}

Status BearerTokens::health() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

Result<std::shared_ptr<const Identity>> BearerTokens::verify(std::string_view token) const {
  const Instant now = clock_.now();
  {
    const std::lock_guard lock(mutex_);
    if (!fetched_ || now - *fetched_ > keys_.stale_max)
      return Error(Code::unavailable,
                   "tokens cannot be checked at present: the keys of the identity provider are not known");
  }
  auto identity = verifier_->verify(token, clock_.unix_millis());
  if (identity || identity.error().code() != Code::not_found) return identity;
  const std::lock_guard lock(mutex_);
  if (!wanted_ && now - *tried_ < keys_.unknown_every)
    return Error(Code::unauthenticated, "the token is not valid: it is signed by a key that is not known");
  wanted_ = true;
  changed_.notify_all();
  return Error(Code::unavailable,
               "the token is signed by a key that is not known yet; the keys are fetched again");
}

}  // namespace loadline
