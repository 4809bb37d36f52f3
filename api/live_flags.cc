// The live gateway's flags, with their environment variables.
#include "api/live_flags.h"

#include <CLI/CLI.hpp>

namespace cassette::api {
namespace {

// As many descriptors as a machine of today gives a process.
constexpr int kMaxConnections = 1'000'000;
constexpr int kMaxHeartbeatSeconds = 3'600;

}  // namespace

void add_live(CLI::App& app, LiveSettings& live) {
  app.add_option("--live", live.listen,
                 "Address and port of the live gateway; port 0 takes a free one; off leaves it out "
                 "(default 127.0.0.1:8081, or a free port where --http takes one)")
      ->envname("CASSETTE_LIVE");
  app.add_option("--live-url", live.url,
                 "Origin by which clients reach it, where that is not the address of --live")
      ->envname("CASSETTE_LIVE_URL");
  app.add_option("--live-max-connections", live.max_connections,
                 "Live connections at the same time")
      ->envname("CASSETTE_LIVE_MAX_CONNECTIONS")
      ->check(CLI::Range(1, kMaxConnections))
      ->capture_default_str();
  app.add_option("--live-heartbeat-seconds", live.heartbeat_seconds,
                 "Silence after which a live connection is shown to be alive")
      ->envname("CASSETTE_LIVE_HEARTBEAT_SECONDS")
      ->check(CLI::Range(1, kMaxHeartbeatSeconds))
      ->capture_default_str();
}

}  // namespace cassette::api
