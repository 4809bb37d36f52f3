// Writes events, rejections and states as text, for failing tests to show.
// It is no wire format: nothing reads it back.
#pragma once

#include <string>

#include "domain/events.h"
#include "domain/order.h"

namespace cassette::tests {

std::string describe(const domain::Event& event);
std::string describe(const domain::Events& events);
std::string describe(const domain::Rejection& rejection);
std::string describe(const domain::Vendor& state);
std::string describe(const domain::Product& state);
std::string describe(const domain::Customer& state);
std::string describe(const domain::StockItem& state);
std::string describe(const domain::SubOrder& state);
std::string describe(const domain::Order& state);

}  // namespace cassette::tests
