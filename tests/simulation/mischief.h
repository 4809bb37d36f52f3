// Mischief: what befalls whole processes and the ledgers while clients go about their business, and
// the operator who puts right what must be put right by hand.
#pragma once

#include "tests/simulation/client.h"

namespace cassette::sim {

// Runs until `over`; then every process is alive, stands where it was, and reaches the others.
void do_mischief(World& world, Processes& processes, const bool& over);

// Starts what is down, and deletes archives that can't be opened.
void repair(World& world, Processes& processes);

}  // namespace cassette::sim
