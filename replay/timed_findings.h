// TimedFindings: findings with the times of the commits that they were made at, so that those of
// several threads can be told in one order.
#pragma once

#include <span>
#include <vector>

#include "domain/values.h"
#include "replay/findings.h"

namespace cassette::replay {

// Not thread-safe.
class TimedFindings {
 public:
  Findings& findings() { return findings_; }
  // What was added since the last call was found at a commit of that time.
  void stamp(domain::Timestamp at) { times_.resize(findings_.all().size(), at); }

 private:
  friend std::vector<Finding> in_order(std::span<TimedFindings* const> parts);

  Findings findings_;
  std::vector<domain::Timestamp> times_;
};

// All of them by time; the same kind in the same partition is one finding, the first, with the sum
// of their counts.
std::vector<Finding> in_order(std::span<TimedFindings* const> parts);

}  // namespace cassette::replay
