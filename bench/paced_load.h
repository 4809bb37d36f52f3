// PacedLoad: orders handed to an engine at a fixed rate, whatever it answers. Each one's latency
// counts from when it was due, so that an engine that stands still is not spared the orders that
// would have come meanwhile.
#pragma once

#include <chrono>
#include <vector>

#include "bench/market.h"
#include "bench/workload.h"

namespace cassette::bench {

struct PacedLoadOptions {
  double orders_a_second = 1'000;
  std::chrono::milliseconds duration{1500};
};

// Microseconds of each order, from when it was due until it was acknowledged. Blocks until all are.
// Orders are taken from `orders` in turn; each gets an id of its own.
std::vector<double> place_paced_orders(Market& market, const std::vector<Items>& orders,
                                       const PacedLoadOptions& load);

}  // namespace cassette::bench
