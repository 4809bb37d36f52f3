// StoryWords: an event of an order as a sentence, and who did it. It knows the events and nothing
// around them; personal data is left out.
#pragma once

#include <string>
#include <vector>

#include "domain/events.h"

namespace cassette::replay {

// "reserved 2 of p-707 (Helmet, HL-U509) at 3499 USD each", without who did it and to which order.
// Amounts are in minor units. The summary of tail's lines for what is no order's.
std::string words_of(const domain::Event& event);

// "1 of line 1, 2 of line 3".
std::string words_of(const std::vector<domain::LineQuantity>& lines);

}  // namespace cassette::replay
