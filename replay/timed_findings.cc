// The order of findings, by time and then by the part that they are from.
#include "replay/timed_findings.h"

#include <algorithm>

namespace cassette::replay {

std::vector<Finding> in_order(std::span<TimedFindings* const> parts) {
  struct Timed {
    domain::Timestamp at;
    const Finding* finding;
  };
  std::vector<Timed> all;
  for (TimedFindings* part : parts) {
    part->stamp(part->times_.empty() ? domain::Timestamp{} : part->times_.back());
    for (std::size_t i = 0; i < part->times_.size(); ++i) {
      all.push_back({part->times_[i], &part->findings_.all()[i]});
    }
  }
  std::ranges::stable_sort(all, {}, &Timed::at);
  std::vector<Finding> merged;
  for (const Timed& each : all) {
    const auto same = [&](const Finding& known) {
      return known.kind == each.finding->kind &&
             known.position.partition == each.finding->position.partition;
    };
    const auto known = std::ranges::find_if(merged, same);
    if (known == merged.end()) {
      merged.push_back(*each.finding);
    } else {
      known->count += each.finding->count;
    }
  }
  return merged;
}

}  // namespace cassette::replay
