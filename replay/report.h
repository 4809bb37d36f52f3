// Report: what verify found, as text for a reader and as JSON for a program.
#pragma once

#include <string>

#include "replay/model_check.h"
#include "replay/verify.h"

namespace cassette::replay {

// Ends with a line break. Its first line is the verdict.
std::string to_text(const VerifyReport& report);

// One object, without a line break; with what came of the read models as its `readModels`.
std::string to_json(const VerifyReport& report);
std::string to_json(const VerifyReport& report, const ModelReport& models);

}  // namespace cassette::replay
