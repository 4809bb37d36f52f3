// Story commands: `cassette replay explain`, `export` and `restore`, from the command line to an
// exit status. What they do is the replay layer's; what makes a data folder of a ledger is here.
#pragma once

#include "api/settings.h"

namespace cassette::api {

// Of explain: 0 told, 1 no such order or an unsound one. Of export: 0 all is on the disk. Of
// restore: 0 checked, and put back if that was asked; 1 the export is not as it was made. Of each:
// 2 could not run. Blocks until it is done, with progress on stderr.
int run_story(const StorySettings& settings);

}  // namespace cassette::api
