// Nkey: the key pair by which a NATS user, account or operator is known, as nats-io/nkeys writes
// them: an Ed25519 seed in base32 ("SU…" of a user) and its public key ("U…"). It proves who we are
// and signs what we vouch for; it makes no randomness: seeds come in.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "eventstore/store_error.h"

namespace cassette::eventstore {

using NkeySeed = std::array<std::uint8_t, 32>;
using NkeySignature = std::array<std::uint8_t, 64>;

enum class NkeyKind {
  User,      // "SU…" and "U…"
  Account,   // "SA…" and "A…"
  Operator,  // "SO…" and "O…"
};

// A value; safe to share between threads.
class Nkey {
 public:
  // From 32 random bytes.
  static Nkey from_bytes(const NkeySeed& seed, NkeyKind kind = NkeyKind::User);
  // From "SU…", 58 characters. Nothing when it is of another kind, too short, or mistyped: a
  // checksum tells.
  static std::optional<Nkey> from_seed(std::string_view text, NkeyKind kind = NkeyKind::User);

  // Another key of the same kind, which follows from this one's secret and `name`, and tells
  // nothing of it: a keyed BLAKE2b is its seed. The same at every call, so that it need not be
  // kept.
  Nkey derive(std::string_view name) const;

  // "U…", 56 characters.
  std::string public_key() const;
  // "SU…": the secret itself.
  std::string seed() const;
  // Ed25519 (RFC 8032).
  NkeySignature sign(std::string_view message) const;

 private:
  NkeyKind kind_ = NkeyKind::User;
  NkeySeed seed_{};
  std::array<std::uint8_t, 32> public_{};
  std::array<std::uint8_t, 64> secret_{};  // as libsodium has it: seed ‖ public key
};

// RFC 4648, without padding.
std::string base32(std::span<const std::uint8_t> bytes);

// Reads a seed's file, as `nk -gen user` writes it. Unavailable when there is none; Unsupported
// when others may read it, or when it holds no seed of that kind.
Stored<Nkey> load_nkey(const std::filesystem::path& file, NkeyKind kind = NkeyKind::User);

// The same, and when there is none makes one of `new_seed` (mode 0600, on disk before this
// returns).
Stored<Nkey> load_or_make_nkey(const std::filesystem::path& file, const NkeySeed& new_seed,
                               NkeyKind kind = NkeyKind::User);

}  // namespace cassette::eventstore
