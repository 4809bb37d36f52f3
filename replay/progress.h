// Progress of a long reading: how much is done, how fast, and how long it will still take.
// It shows nothing by itself; the caller gives the clock, and what shows it.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

namespace cassette::replay {

struct Progress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  double per_second = 0;         // since the start
  std::chrono::seconds left{0};  // at that rate
};

using MonotonicClock = std::function<std::chrono::steady_clock::time_point()>;
using ShowProgress = std::function<void(const Progress&)>;

// One thread uses it.
class ProgressMeter {
 public:
  ProgressMeter(MonotonicClock clock, ShowProgress show);

  void start(std::uint64_t total);
  // Shows at most every 200 ms. Cheap enough for every commit.
  void reach(std::uint64_t done);
  // Shows the end.
  void finish();

 private:
  Progress measure(std::chrono::steady_clock::time_point now) const;

  MonotonicClock clock_;
  ShowProgress show_;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t next_look_ = 0;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point shown_;
};

// "12,345 of 98,765 messages (12 %), 45,678/s, 3 s left"
std::string render(const Progress& progress, std::string_view unit);

// A ShowProgress that rewrites one line of `terminal`, and shows nothing when it is not a terminal.
ShowProgress on_terminal(std::FILE* terminal, std::string unit);

}  // namespace cassette::replay
