// Live flags: where the live gateway listens, and how much it takes.
#pragma once

#include "api/settings.h"

namespace CLI {
class App;
}

namespace cassette::api {

void add_live(CLI::App& app, LiveSettings& live);

}  // namespace cassette::api
