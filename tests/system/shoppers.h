// Shoppers: the load of the tests that kill: clients that order, ship, cancel and restock at
// random, from a seed. They check nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/support/load.h"
#include "tests/system/marketplace.h"

namespace cassette::test {

using Random = std::mt19937_64;

// What one restock adds.
inline constexpr std::int64_t kRestocked = 5;

// Both inclusive.
std::uint64_t draw(Random& random, std::uint64_t from, std::uint64_t to);
bool happens(Random& random, unsigned percent);

// $CASSETTE_SEED, to run a failure again; else any. Prints it.
std::uint64_t choose_seed();

bool is_order(const Write& write);
bool is_restock(const Write& write);

// Each vendor sells "part". Each client orders, and does at most one thing more with each order
// that stands. The script of a Load: each client's thread calls `next` with its own number.
class Shoppers {
 public:
  Shoppers(std::uint64_t seed, unsigned clients, std::vector<std::string> vendors);

  std::optional<api::ClientRequest> next(unsigned client, const std::vector<Write>& so_far);

 private:
  std::vector<std::string> vendors_;
  std::vector<Random> random_;  // each used by its client's thread alone
};

}  // namespace cassette::test
