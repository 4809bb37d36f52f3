// What-if command: `cassette replay whatif`, its flags and its way from a file of rules to a
// report. What is decided anew is the replay layer's.
#pragma once

#include "api/settings.h"

namespace CLI {
class App;
}

namespace cassette::api {

// Adds `whatif` to `replay`. `add_ledger` adds the flags that say where the ledger is.
CLI::App* add_what_if(CLI::App& replay, WhatIfSettings& settings,
                      void (*add_ledger)(CLI::App&, LedgerSettings&));

// Gives the exit status: 0 with a report, 1 when the ledger is not sound, 2 when the rules or the
// ledger can't be read. Blocks until the ledger is folded, with progress on stderr.
int run_what_if(const WhatIfSettings& settings);

}  // namespace cassette::api
