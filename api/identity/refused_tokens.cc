// RefusedTokens: a table in which each token has one place.
#include "api/identity/refused_tokens.h"

#include <sodium.h>

#include "api/identity/encoding.h"

namespace cassette::api {

TokenDigest digest_of(std::string_view token) {
  TokenDigest digest;
  static_assert(crypto_hash_sha256_BYTES == std::tuple_size_v<TokenDigest>);
  crypto_hash_sha256(digest.data(), bytes_of(token).data(), token.size());
  return digest;
}

std::size_t RefusedTokens::place_of(const TokenDigest& token) {
  std::size_t place = 0;
  for (std::size_t i = 0; i < sizeof place; ++i) place = place << 8 | token[i];
  return place % kPlaces;
}

std::optional<TokenFault> RefusedTokens::find(const TokenDigest& token, domain::Timestamp now) {
  constexpr std::int64_t kMost = std::chrono::microseconds(kRefusedFor).count();
  const std::size_t at = place_of(token);
  const std::lock_guard lock(locks_[at % kLocks]);
  const Place& place = places_[at];
  const std::int64_t age = now.micros - place.refused_at;
  if (age < 0 || age >= kMost || place.token != token) return std::nullopt;
  return place.fault;
}

void RefusedTokens::put(const TokenDigest& token, TokenFault fault, domain::Timestamp now) {
  const std::size_t at = place_of(token);
  const std::lock_guard lock(locks_[at % kLocks]);
  places_[at] = {token, now.micros, fault};
}

void RefusedTokens::clear() {
  for (std::size_t at = 0; at < kPlaces; ++at) {
    const std::lock_guard lock(locks_[at % kLocks]);
    places_[at] = {};
  }
}

}  // namespace cassette::api
