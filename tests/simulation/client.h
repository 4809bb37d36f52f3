// Client: sends wishes to processes over a network that may lose and double them, and asks again
// under the same id for what it has not heard of.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tests/simulation/process.h"
#include "tests/simulation/shopper.h"

namespace cassette::sim {

using Processes = std::vector<std::unique_ptr<Process>>;

// All borrowed. One fiber of kWorld uses it.
class Client {
 public:
  Client(World& world, Processes& processes, Shopper& shopper, std::uint32_t number);

  // Wishes for as many commands as the plan says.
  void run();
  // The same command until somebody says yes or no to it, for at most `patience`. Nothing when that
  // was not enough.
  std::optional<eventstore::Reply> insist(domain::Command command, Nanos patience);

 private:
  // Nothing when no answer came in time.
  std::optional<eventstore::Reply> ask(const Wish& wish);
  void sometimes_misuse(const Wish& wish);

  World& world_;
  Processes& processes_;
  Shopper& shopper_;
  Draws draws_;
};

}  // namespace cassette::sim
