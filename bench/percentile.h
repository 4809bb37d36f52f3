// Percentile: of many samples the one below which a share of them lies.
#pragma once

#include <algorithm>
#include <vector>

#include "domain/check.h"

namespace cassette::bench {

// `share` from 0 to 1. Puts `samples` in another order; CHECK-fails without any.
inline double percentile(std::vector<double>& samples, double share) {
  CHECK(!samples.empty());
  const auto at = samples.begin() +
                  static_cast<std::ptrdiff_t>(share * static_cast<double>(samples.size() - 1));
  std::nth_element(samples.begin(), at, samples.end());
  return *at;
}

}  // namespace cassette::bench
