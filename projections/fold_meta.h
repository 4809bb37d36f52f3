// FoldMeta: what a fold knows of an event besides its fields, and how documents show empty members.
// Holds values only.
#pragma once

#include <optional>
#include <string>

#include "domain/values.h"
#include "eventstore/commit.h"

namespace cassette::projections {

// `at` is the commit's and decides; `occurred_at` is as the asker gave it, and is only shown.
struct FoldMeta {
  domain::Timestamp at;
  eventstore::EventRef ref;
  std::string by;
  std::optional<domain::Timestamp> occurred_at;
  std::string request_id{};  // empty: by no request
};

// A member that a document shows even when it is empty. Never nullopt in a document.
template <class T>
using Shown = std::optional<T>;

}  // namespace cassette::projections
