// Ids and the clock: where the api's randomness and wall time come from, and how an id that a
// client left out follows from its request. Nothing below api/ knows either.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/values.h"

namespace cassette::api {

// The wall clock.
domain::Timestamp wall_clock();

// A new RFC 9562 UUIDv7: `now` in milliseconds, then random bits.
std::string uuid_v7(domain::Timestamp now);

// 32 random bytes, of which a new key is made.
std::array<std::uint8_t, 32> random_seed();

// What makes a request recognisable when it comes again.
struct RequestName {
  std::string_view principal;
  std::string_view method;
  std::string_view path;
  std::string_view key;  // the Idempotency-Key
};

// The id of the command that the request asks for: 22 characters, the same at every repeat.
std::string command_id(const RequestName& name);

// The id of what the request creates, shaped as a UUID (version 8), the same at every repeat.
std::string derived_uuid(const RequestName& name);

}  // namespace cassette::api
