// Keeps the first of each kind and partition.
#include "replay/findings.h"

#include <algorithm>

namespace cassette::replay {

void Findings::add(FindingKind kind, eventstore::Position position, std::string what) {
  const auto known = std::ranges::find_if(findings_, [&](const Finding& each) {
    return each.kind == kind && each.position.partition == position.partition;
  });
  if (known != findings_.end()) {
    ++known->count;
    return;
  }
  findings_.push_back({kind, position, 1, std::move(what)});
}

}  // namespace cassette::replay
