// Reactions: which commands an event calls for, in which partition. Pure, of the event alone.
#pragma once

#include <vector>

#include "domain/commands.h"
#include "domain/events.h"

namespace cassette::domain {

// In the order in which they are to be decided. Empty for most events.
std::vector<Command> react(const Event& event);

}  // namespace cassette::domain
