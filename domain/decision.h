// Decision: what every `decide` gives, the events of a yes or the rejection of a no.
// An empty list of events means "already so".
#pragma once

#include <vector>

#include "domain/rejections.h"
#include "domain/result.h"

namespace cassette::domain {

struct Event;  // any one fact: domain/events.h

using Events = std::vector<Event>;
using Decision = Result<Events, Rejection>;

// Who asks, as far as the rules care.
enum class Role { Administrator, Service, Vendor, Customer, Auditor, System };

}  // namespace cassette::domain

template <>
struct cassette::EnumNames<cassette::domain::Role> {
  static constexpr std::array<std::string_view, 6> values{"admin",    "service", "vendor",
                                                          "customer", "auditor", "system"};
};
