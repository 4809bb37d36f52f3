// Plan: sums.
#include "api/import/plan.h"

namespace cassette::api::importing {

std::size_t Plan::writes() const {
  std::size_t count = 0;
  for (const Step& step : steps) count += step.writes.size();
  return count;
}

}  // namespace cassette::api::importing
