// Notary command: `cassette replay heads`, `prove` and `check`. The last needs no ledger.
#pragma once

#include "api/settings.h"

namespace cassette::api {

// The exit status: 0 sound or proven, 1 not, 2 could not run.
int run_heads(const HeadsSettings& settings);

}  // namespace cassette::api
