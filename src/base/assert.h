#pragma once
// LOADLINE_ASSERT: a check of our own reasoning, on in every build. Outside input never reaches one: what a
// user, a file or a peer can cause is an Error, not an assertion.

namespace loadline {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}  // namespace loadline

#define LOADLINE_ASSERT(expression) \
  (static_cast<bool>(expression) ? void(0) : ::loadline::assertion_failed(#expression, __FILE__, __LINE__))
