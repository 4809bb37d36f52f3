// LiveWrites: orders and stock changes sent over HTTP at a fixed rate, whatever the server answers,
// each with the moment of its answer. It follows nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace cassette::bench {

struct LiveWrite {
  std::uint32_t item = 0;
  std::uint64_t commit = 0;                  // that holds it
  bool order = false;                        // else a stock change
  std::chrono::steady_clock::time_point at;  // when its answer was there
};

struct LiveWritesOptions {
  std::uint32_t items = 1'000;
  double a_second = 200;
  std::uint32_t count = 2'000;
  int run = 0;  // tells the keys of two runs apart
};

// Orders of one unit and changes of one unit in turn, item by item. Blocks until all are answered;
// ends the bench when one is refused.
std::vector<LiveWrite> write_paced(const std::string& url, const LiveWritesOptions& options);

}  // namespace cassette::bench
