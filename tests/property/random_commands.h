// Random commands on a small marketplace: few vendors, parts and orders, so that they collide.
#pragma once

#include <rapidcheck.h>

#include "domain/commands.h"
#include "tests/support/partition_runner.h"

namespace cassette::tests {

// Three vendors with two parts each, a few units of each on the shelf.
void open_shops(PartitionRunner& runner);

// A command that may or may not make sense now, drawn from the running property. It is mostly about
// a sub-order, shipment or return that exists.
domain::Command any_command(const PartitionRunner& runner);

// True for commands that mean something more each time: a delta, a note, units of a line.
bool is_another_wish(const domain::Command& command);

// Runs a command, delivers a reaction from one partition to another, or lets time pass.
void take_step(PartitionRunner& runner);

}  // namespace cassette::tests
