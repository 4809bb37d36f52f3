// Logging: one JSON object a line on stderr, for every layer's spdlog calls.
#pragma once

#include <string>

namespace cassette::api {

// Replaces spdlog's default logger. `level` is one of spdlog's names.
void set_up_logging(const std::string& level);

}  // namespace cassette::api
