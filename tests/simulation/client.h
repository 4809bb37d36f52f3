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
  // The same command until somebody says yes or no to it, for at most `patience`. When that was not
  // enough the last answer is Unavailable, or there is none.
  std::optional<eventstore::Reply> insist(domain::Command command, Nanos patience);

 private:
  // Nothing when no answer came in time.
  std::optional<eventstore::Reply> ask(const Wish& wish, Process& process);
  std::optional<eventstore::Reply> ask_any(const Wish& wish) {
    return ask(wish, *draws_.pick(processes_));
  }
  void sometimes_misuse(const Wish& wish);
  // The next one in turn that is alive.
  Process& next_alive();

  World& world_;
  Processes& processes_;
  Shopper& shopper_;
  Draws draws_;
  std::size_t turn_ = 0;
};

}  // namespace cassette::sim
