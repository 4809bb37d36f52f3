// Replay commands: `cassette replay tail`, `verify` and `rebuild`, from the command line to an exit
// status. What they do is the replay layer's.
#pragma once

#include "api/settings.h"

namespace cassette::api {

// 0 at the end, 2 when the ledger can't be read.
int run_tail(const TailSettings& settings);
// 0 sound, 1 unsound, 2 could not run.
int run_verify(const VerifySettings& settings);
// 0 rebuilt, 2 could not run: of the feed also while `up` has the data folder.
int run_rebuild(const RebuildSettings& settings);

}  // namespace cassette::api
