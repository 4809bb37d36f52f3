// What an embedded nats-server is told in its nats.conf, and how an adopter knows that one runs as
// it would have told it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "eventstore/nats_server.h"

namespace cassette::eventstore {

inline constexpr std::string_view kLoopback = "127.0.0.1";

// Where a client of this machine reaches a server that listens at `host`, ready for a URL: IPv6 in
// brackets, and loopback for every address at once.
std::string reachable(std::string_view host);

// The file's text. Reads the disk for how much the store may hold.
std::string nats_config(const NatsServerOptions& options, const std::filesystem::path& store,
                        std::uint16_t port, std::uint16_t monitor_port);

// Of the options those that a server can't be told later, as one text to be compared. Holds no
// secret.
std::string nats_settings(const NatsServerOptions& options);

}  // namespace cassette::eventstore
