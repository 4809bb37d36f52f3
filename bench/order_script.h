// Order script: what wrk runs to place orders. It knows the API's form of an order, and times
// nothing.
#pragma once

#include <cstdint>
#include <string>

namespace cassette::bench {

// Lua: orders of one line with an address, each with an id and a key of its own, over the first
// `items` items of the workload and `customers` customers; `run` tells those of two runs apart.
std::string order_script(int run, std::uint32_t items, int customers);

}  // namespace cassette::bench
