// CommandMemory: the ids of commands accepted within their memory, to find one accepted twice.
// It keeps 128 bits of each instead of the id.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_map>

#include "domain/values.h"

namespace cassette::replay {

// Not thread-safe.
class CommandMemory {
 public:
  // True when `id` was accepted before, no longer than eventstore::kCommandMemoryMicros ago.
  // Times never run back from call to call.
  bool repeats(std::string_view id, domain::Timestamp at);

 private:
  struct Print {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    bool operator==(const Print&) const = default;
  };
  struct PrintHash {
    std::size_t operator()(const Print& print) const noexcept { return print.low; }
  };
  struct Accepted {
    Print print;
    domain::Timestamp at;
  };

  static Print print_of(std::string_view id);
  void forget(domain::Timestamp now);

  std::unordered_map<Print, domain::Timestamp, PrintHash> accepted_;
  std::deque<Accepted> by_time_;
};

}  // namespace cassette::replay
