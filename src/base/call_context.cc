#include "base/call_context.h"

namespace loadline {

Status CallContext::check() const {
  if (cancel.cancelled()) return Error(Code::cancelled, "the caller stopped waiting");
  if (deadline && clock->now() >= *deadline)
    return Error(Code::deadline_exceeded, "the time limit was reached");
  return {};
}

CallContext CallContext::with_time_limit(Duration limit) const {
  CallContext copy = *this;
  const Instant latest = clock->now() + limit;
  if (!copy.deadline || latest < *copy.deadline) copy.deadline = latest;
  return copy;
}

}  // namespace loadline
