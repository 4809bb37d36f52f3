// UserNkey: the key pair by which a NATS user is known to a server, as nats-io/nkeys writes them:
// an Ed25519 seed in base32 ("SU…") and its public key ("U…"). It proves who we are; it makes no
// randomness (seeds come in), and knows no other kind of nkey than a user's.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "eventstore/store_error.h"

namespace cassette::eventstore {

using NkeySeed = std::array<std::uint8_t, 32>;
using NkeySignature = std::array<std::uint8_t, 64>;

// A value; safe to share between threads.
class UserNkey {
 public:
  // From 32 random bytes.
  static UserNkey from_bytes(const NkeySeed& seed);
  // From "SU…", 58 characters. Nothing when it is of another kind, too short, or mistyped: a
  // checksum tells.
  static std::optional<UserNkey> from_seed(std::string_view text);

  // "U…", 56 characters.
  std::string public_key() const;
  // "SU…": the secret itself.
  std::string seed() const;
  // Ed25519 (RFC 8032).
  NkeySignature sign(std::string_view message) const;

 private:
  NkeySeed seed_{};
  std::array<std::uint8_t, 32> public_{};
  std::array<std::uint8_t, 64> secret_{};  // as libsodium has it: seed ‖ public key
};

// Reads a seed's file, as `nk -gen user` writes it. Unavailable when there is none; Unsupported
// when others may read it, or when it holds no user's seed.
Stored<UserNkey> load_nkey(const std::filesystem::path& file);

// The same, and when there is none makes one of `new_seed` (mode 0600, on disk before this
// returns).
Stored<UserNkey> load_or_make_nkey(const std::filesystem::path& file, const NkeySeed& new_seed);

}  // namespace cassette::eventstore
