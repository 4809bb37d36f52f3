// A what-if's report: as text for a reader and as JSON for a program.
#pragma once

#include <string>

#include "replay/what_if.h"

namespace cassette::replay {

// Ends with a line break.
std::string to_text(const WhatIfReport& report);

// One object, without a line break.
std::string to_json(const WhatIfReport& report);

}  // namespace cassette::replay
