// Verify options: what `cassette replay verify` was told, read from the files that it names: heads
// to hold against the ledgers, keys to believe, where to start and where to end.
#pragma once

#include <span>

#include "api/settings.h"
#include "eventstore/ledger.h"
#include "replay/verify.h"

namespace CLI {
class App;
}

namespace cassette::api {

// Adds the flags to `verify`, with their environment variables.
void add_verify_options(CLI::App& verify, VerifySettings& settings);

// Reads heads and keys; finds the cut of --until in the ledgers. Failures: files that can't be read
// or hold something else, a moment that is none.
eventstore::Stored<replay::VerifyOptions> verify_options(
    const VerifySettings& settings, std::span<eventstore::Ledger* const> ledgers);

}  // namespace cassette::api
