// Keeps the first of each kind and partition.
#include "replay/findings.h"

#include <algorithm>

namespace cassette::replay {

void Findings::add(FindingKind kind, eventstore::Position position, std::string what) {
  add({kind, position, 1, std::move(what)});
}

void Findings::add(Finding finding) {
  const auto known = std::ranges::find_if(findings_, [&](const Finding& each) {
    return each.kind == finding.kind && each.position.partition == finding.position.partition;
  });
  if (known != findings_.end()) {
    known->count += finding.count;
    return;
  }
  findings_.push_back(std::move(finding));
}

}  // namespace cassette::replay
