// As-of command: `cassette replay as-of`, a document as it stood, or what changed between two
// moments. It reads the history of the data folder, and folds it first where nobody does.
#pragma once

#include "api/settings.h"

namespace cassette::api {

// Gives the exit status: 0 when the document was there, 1 when it was not, 2 when it could not be
// found out. Blocks for as long as the history has to be folded, with progress on stderr.
int run_as_of(const AsOfSettings& settings);

}  // namespace cassette::api
