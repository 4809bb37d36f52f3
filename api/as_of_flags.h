// As-of flags: the command line of `cassette replay as-of`.
#pragma once

#include "api/settings.h"

namespace CLI {
class App;
}

namespace cassette::api {

// Adds `as-of` to `replay`. `add_ledger` adds the flags that say where the ledger is.
CLI::App* add_as_of(CLI::App& replay, AsOfSettings& settings,
                    void (*add_ledger)(CLI::App&, LedgerSettings&));

}  // namespace cassette::api
