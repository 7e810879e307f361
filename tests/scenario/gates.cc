#include "gates.h"

namespace loadline {
namespace {

constexpr std::chrono::milliseconds look_interval{5};  // at the context of one that waits

}

Status Gates::hold(const std::string& name, const CallContext& context) {
  std::unique_lock lock(mutex_);
  Gate& gate = gates_[name];
  const std::uint64_t before = gate.releases;
  ++gate.waiting;
  changed_.notify_all();
  Status status;
  while (status.ok() && gate.releases == before) {
    changed_.wait_for(lock, look_interval);
    status = context.check();
  }
  --gate.waiting;
  return status;
}

void Gates::release(const std::string& name) {
  std::lock_guard lock(mutex_);
  ++gates_[name].releases;
  changed_.notify_all();
}

Status Gates::wait_for(const std::string& name, std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, most, [&] { return gates_[name].waiting > 0; })) return {};
  return Error(Code::deadline_exceeded, "nothing came to wait at '" + name + "'");
}

}  // namespace loadline
