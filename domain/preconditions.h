// Preconditions: what several aggregates' decisions ask before their own rules.
// Internal to domain/; it names no aggregate.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "domain/decision.h"
#include "domain/events.h"

namespace cassette::domain {

// True when a version was expected and it is another.
inline bool mismatched(const std::optional<Version>& expected, Version actual) {
  return expected && *expected != actual;
}

// The events in the order given, moved and not copied.
template <class... E>
Events events_of(E&&... events) {
  Events list;
  list.reserve(sizeof...(events));
  (list.emplace_back(std::forward<E>(events)), ...);
  return list;
}

}  // namespace cassette::domain
