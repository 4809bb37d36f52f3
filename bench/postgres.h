// Postgres: a PostgreSQL 15 cluster of the bench's own, and clients that place orders in it by one
// stored function. It is the other side of the order figures; it knows nothing of Cassette.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/market.h"
#include "bench/workload.h"

namespace cassette::bench {

// Runs `initdb` and `postgres` on a Unix socket in a temporary folder; stopped at the end. As root
// both run as the user `postgres`, since they refuse root.
class Postgres {
 public:
  explicit Postgres(bool fsync);
  ~Postgres();
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  // Inventory with plenty of `items` items, no orders, and the function.
  void fill(std::uint32_t items);
  const std::string& connection() const { return connection_; }
  // What differs from PostgreSQL's defaults, for the report.
  static std::string settings(bool fsync);

 private:
  Scratch scratch_;
  std::string connection_;
  int pid_ = 0;
};

struct PostgresLoad {
  std::size_t connections = 16;
  std::size_t depth = 1;  // orders under way a connection; above 1 in pipeline mode
  std::chrono::milliseconds duration{1500};
};

struct LoadResult {
  double orders_a_second = 0;
  std::vector<double> latencies_us;  // in no order
};

// One thread drives all connections, as an event loop would. Orders are taken from `orders` in
// turn; each gets an id of its own.
LoadResult place_orders(const Postgres& postgres, const std::vector<Items>& orders,
                        const PostgresLoad& load);

}  // namespace cassette::bench
