// PKCE: SHA-256 and base64url.
#include "api/identity/pkce.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "api/identity/encoding.h"

namespace cassette::api {
namespace {

constexpr std::size_t kLeastVerifier = 43;
constexpr std::size_t kMostVerifier = 128;
constexpr std::size_t kChallenge = 43;

bool is_base64url(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

bool is_unreserved(char c) {
  return is_base64url(c) || c == '.' || c == '~';
}

}  // namespace

bool valid_challenge(std::string_view challenge) {
  return challenge.size() == kChallenge && std::ranges::all_of(challenge, is_base64url);
}

bool verifies(std::string_view verifier, std::string_view challenge) {
  if (verifier.size() < kLeastVerifier || verifier.size() > kMostVerifier) return false;
  if (!std::ranges::all_of(verifier, is_unreserved) || !valid_challenge(challenge)) return false;
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256(hash.data(), bytes_of(verifier).data(), verifier.size());
  return sodium_memcmp(base64url(hash).data(), challenge.data(), kChallenge) == 0;
}

}  // namespace cassette::api
