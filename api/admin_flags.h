// Admin flags: the command line of `cassette admin`.
#pragma once

#include "api/settings.h"

namespace CLI {
class App;
}

namespace cassette::api {

// Adds `admin` and its subcommands, each of which sets `settings.task`. `add_ledger` adds the flags
// that say where the ledger is.
const CLI::App* add_admin(CLI::App& app, AdminSettings& settings,
                          void (*add_ledger)(CLI::App&, LedgerSettings&));

}  // namespace cassette::api
