// EngineLoad: orders handed straight to an engine, so many at a time, each followed by the next as
// soon as it is acknowledged.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "bench/market.h"
#include "bench/postgres.h"

namespace cassette::bench {

struct EngineLoadOptions {
  std::size_t outstanding = 16;
  std::chrono::milliseconds duration{1500};
};

// The time runs until the last order is acknowledged and, where the market has them, archive and
// read models hold it. Orders are taken from `orders` in turn; each gets an id of its own.
LoadResult place_orders(Market& market, const std::vector<Items>& orders,
                        const EngineLoadOptions& load);

}  // namespace cassette::bench
