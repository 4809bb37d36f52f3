// Feed flags: where the feed is, and how long it keeps what it has.
#pragma once

#include "api/settings.h"

namespace CLI {
class App;
}

namespace cassette::api {

// Of `up` and of `replay rebuild --feed`: each has to find the same feed.
void add_feed(CLI::App& app, FeedSettings& feed);
// Of `up`: where its feed listens.
void add_feed_listener(CLI::App& app, FeedSettings& feed);

}  // namespace cassette::api
