// Ids: UUIDv7 from clock and randomness, and ids derived from a request by BLAKE2b.
#include "api/identity/ids.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "api/identity/encoding.h"

namespace cassette::api {
namespace {

using Uuid = std::array<std::uint8_t, 16>;

std::string to_text(Uuid uuid, std::uint8_t version) {
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0f) | (version << 4));
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3f) | 0x80);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[uuid[i] >> 4];
    text += kDigits[uuid[i] & 0x0f];
  }
  return text;
}

// What is random in a UUIDv7. Every request has one, and the kernel takes as long for few bytes as
// for many: they are fetched for a hundred ids at a time. No secret is made of them.
std::array<std::uint8_t, 10> random_part() {
  using Part = std::array<std::uint8_t, 10>;
  constexpr std::size_t kParts = 100;
  thread_local std::array<Part, kParts> parts;
  thread_local std::size_t left = 0;
  if (left == 0) {
    randombytes_buf(parts.data(), sizeof(parts));
    left = kParts;
  }
  return parts[--left];
}

// The parts can hold no line feed but the last, so that two requests never hash alike.
Uuid hash_of(const RequestName& name, std::string_view purpose) {
  std::string text;
  text.reserve(name.principal.size() + name.method.size() + name.path.size() + name.key.size() + 8);
  for (const std::string_view part : {purpose, name.principal, name.method, name.path}) {
    text.append(part).append(1, '\n');
  }
  text.append(name.key);
  Uuid hash{};
  crypto_generichash(hash.data(), hash.size(), bytes_of(text).data(), text.size(), nullptr, 0);
  return hash;
}

}  // namespace

domain::Timestamp wall_clock() {
  using namespace std::chrono;
  const auto since = system_clock::now().time_since_epoch();
  return {duration_cast<microseconds>(since).count()};
}

std::string uuid_v7(domain::Timestamp now) {
  Uuid uuid{};
  const auto random = random_part();
  std::ranges::copy(random, uuid.begin() + 6);
  const auto millis = static_cast<std::uint64_t>(now.micros / 1000);
  for (std::size_t i = 0; i < 6; ++i) {
    uuid[i] = static_cast<std::uint8_t>(millis >> (8 * (5 - i)));
  }
  return to_text(uuid, 7);
}

std::array<std::uint8_t, 32> random_seed() {
  std::array<std::uint8_t, 32> seed{};
  randombytes_buf(seed.data(), seed.size());
  return seed;
}

std::string command_id(const RequestName& name) {
  return base64url(hash_of(name, "command"));
}

std::string derived_uuid(const RequestName& name) {
  return to_text(hash_of(name, "id"), 8);
}

}  // namespace cassette::api
