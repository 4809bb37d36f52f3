// What the reference's files share: how a demand that an event does not meet ends the run.
#pragma once

#include <type_traits>

#include <fmt/format.h>

#include "eventstore/json_write.h"
#include "tests/simulation/reference.h"
#include "tests/simulation/verdict.h"

namespace cassette::sim {

inline void demand(bool condition, const char* what, const auto& event) {
  if (condition) return;
  wrong(fmt::format("{}: {} {}", what, std::decay_t<decltype(event)>::type,
                    eventstore::to_json(event)));
}

inline LineUnits units_of(const std::vector<domain::LineQuantity>& lines) {
  LineUnits units;
  for (const domain::LineQuantity& line : lines) units[line.line_id.value] += line.quantity;
  return units;
}

}  // namespace cassette::sim
