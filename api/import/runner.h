// Runner: carries out a plan. It asks what stands already, sends what doesn't, step by step, and
// reads the documents back for the report.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/import/crew.h"
#include "api/import/exchange.h"
#include "api/import/facts.h"
#include "api/import/plan.h"

namespace cassette::api::importing {

struct Progress {
  std::string_view phase;
  std::size_t done = 0;
  std::size_t total = 0;
};

// Called from the thread that runs the import, several times a second.
using OnProgress = std::function<void(const Progress&)>;

// In the order of the plan's subjects; nothing where there is none.
using Documents = std::vector<std::optional<std::string>>;

struct Written {
  std::size_t sent = 0;
  std::size_t already_so = 0;
};

// Not thread-safe; it has threads of its own.
class Runner {
 public:
  // `clients` connections at a time.
  Runner(const Server& server, std::size_t clients, OnProgress progress);

  // What the read models say of the plan's subjects, with all that was written by this runner.
  Result<Documents, std::string> read(const std::vector<Subject>& subjects);
  // Sends each write whose fact isn't in `facts`. Stops at the first that the server refuses.
  Result<Written, std::string> write(const Plan& plan, const Facts& facts);
  // Every page of each list, as served; `lists` are paths with a query. In no order.
  Result<std::vector<std::string>, std::string> read_lists(const std::vector<std::string>& lists,
                                                           std::string_view phase);

  Positions& positions() { return positions_; }

 private:
  OnProgress progress_;
  Positions positions_;
  Crew crew_;
};

// The facts of `documents`, which stand in the order of `subjects`.
Result<Facts, std::string> facts_of(const std::vector<Subject>& subjects,
                                    const Documents& documents);

}  // namespace cassette::api::importing
