#pragma once
// Result<T>: either a value or an Error. What an operation that can fail returns.
//
// Dropping one is a compile error (`[[nodiscard]]` on the class); reading the value of a failed one aborts
// with the place, it is never undefined. There is no way to hold "an error that is fine": Error has no ok
// code.
//
//   Result<Manifest> manifest = read_manifest(path);
//   if (!manifest) return manifest.error().within("start");
//   use(*manifest);
//
// LOADLINE_TRY(expr) returns the error of a failed Result<void> from the enclosing function;
// LOADLINE_ASSIGN(auto x, expr) does so, or declares x with the value. Neither is used in coroutines.
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "base/error.h"

namespace loadline {

template <class T>
class [[nodiscard]] Result {
  static_assert(!std::is_same_v<std::decay_t<T>, Error>,
                "a Result<Error> could not tell success from failure");
  static_assert(!std::is_reference_v<T>, "return a pointer or a value");

 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: a value is a result
  template <class U, class = std::enable_if_t<
                         std::is_convertible_v<U&&, T> && !std::is_same_v<std::decay_t<U>, T> &&
                         !std::is_same_v<std::decay_t<U>, Error> && !std::is_same_v<std::decay_t<U>, Result>>>
  Result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}  // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: an error is a result

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return LOADLINE_ASSERT(ok()), std::get<0>(state_); }
  const T& value() const& { return LOADLINE_ASSERT(ok()), std::get<0>(state_); }
  T&& value() && { return LOADLINE_ASSERT(ok()), std::get<0>(std::move(state_)); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return LOADLINE_ASSERT(!ok()), std::get<1>(state_); }
  Error&& error() && { return LOADLINE_ASSERT(!ok()), std::get<1>(std::move(state_)); }

  template <class U>
  T value_or(U&& fallback) && {
    return ok() ? std::get<0>(std::move(state_)) : static_cast<T>(std::forward<U>(fallback));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: an error is a result

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  void value() const { LOADLINE_ASSERT(ok()); }

  const Error& error() const& { return LOADLINE_ASSERT(!ok()), *error_; }
  Error&& error() && { return LOADLINE_ASSERT(!ok()), *std::move(error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace loadline

#define LOADLINE_CONCAT_(a, b) a##b
#define LOADLINE_CONCAT(a, b) LOADLINE_CONCAT_(a, b)

#define LOADLINE_TRY(expression)                                                                         \
  do {                                                                                                   \
    if (auto loadline_try_ = (expression); !loadline_try_.ok()) return std::move(loadline_try_).error(); \
  } while (false)

#define LOADLINE_ASSIGN(declaration, expression) \
  LOADLINE_ASSIGN_(LOADLINE_CONCAT(loadline_result_, __LINE__), declaration, expression)
#define LOADLINE_ASSIGN_(name, declaration, expression) \
  auto name = (expression);                             \
  if (!name.ok()) return std::move(name).error();       \
  declaration = std::move(name).value()
