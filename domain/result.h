// Result<T, E>: a value or the reason there is none. Our interfaces return it; they do not throw.
#pragma once

#include <utility>
#include <variant>

#include "domain/check.h"

namespace cassette {

// Marks the failing alternative, so that T and E may be the same type.
template <class E>
struct Failure {
  E error;
};
template <class E>
Failure(E) -> Failure<E>;

template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  template <class F>
  Result(Failure<F> failure) : state_(std::in_place_index<1>, std::move(failure.error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // CHECK-fails when the other alternative is held.
  T& value() & { return CASSETTE_CHECK(ok()), *std::get_if<0>(&state_); }
  const T& value() const& { return CASSETTE_CHECK(ok()), *std::get_if<0>(&state_); }
  T&& value() && { return CASSETTE_CHECK(ok()), std::move(*std::get_if<0>(&state_)); }
  E& error() & { return CASSETTE_CHECK(!ok()), *std::get_if<1>(&state_); }
  const E& error() const& { return CASSETTE_CHECK(!ok()), *std::get_if<1>(&state_); }
  E&& error() && { return CASSETTE_CHECK(!ok()), std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, E> state_;
};

}  // namespace cassette
