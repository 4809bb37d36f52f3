// Answers: what can be held against an answer the moment it is given. What it takes the whole
// ledger to say is ledger_check.h's.
#pragma once

#include "tests/simulation/world.h"

namespace cassette::sim {

// Ends the run when the answer can't be right: a commit that is not there, or is not this
// command's; one that nobody has acknowledged, or that comes before what was told earlier.
// `acknowledged` is the last message that the process knows to be stored.
void check_answer(World& world, const Attempt& attempt, std::uint64_t acknowledged);

// Once every process has stopped: whoever asked one that was not killed has an answer.
void check_all_answered(const World& world);

}  // namespace cassette::sim
