// Epilogue: what is done to a ledger once all is well and everybody has stopped, as the plan says:
// it is restored from an older copy, another history is put in its place, or a newer version
// commits to it. A process that folded it before has to notice, and to touch nothing.
#pragma once

#include "tests/simulation/client.h"

namespace cassette::sim {

// Ends the run when a process serves on, or appends.
void spoil(World& world, Processes& processes);

}  // namespace cassette::sim
