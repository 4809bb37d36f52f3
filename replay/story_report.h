// StoryReport: one order's story, as text for a reader and as JSON for a program.
#pragma once

#include <string>

#include "replay/story.h"

namespace cassette::replay {

// Ends with a line break. What became of the whole and of each part, and then a line a step.
// Amounts are in minor units. Nothing in it moves a terminal's cursor.
std::string to_text(const Story& story);

// One object, without a line break.
std::string to_json(const Story& story);

}  // namespace cassette::replay
