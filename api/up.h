// Up: the composition root of `cassette up`, every role in one process on one machine.
// It makes the parts, joins them, tells the world when they are ready, and takes them down in
// order.
#pragma once

#include "api/settings.h"

namespace cassette::api {

// Blocks until SIGTERM or SIGINT, then drains. Gives the exit status: 0 after a clean end, 2 when
// it could not start.
int run_up(const UpSettings& settings);

}  // namespace cassette::api
