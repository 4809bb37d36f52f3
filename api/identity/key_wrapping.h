// Key wrapping: a data key as it is kept, encrypted under the master key and bound to whose it is.
// A wrapping names its master key by a check value, so that while the master key is being rotated
// each says for itself which of the two opens it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/identity/signer.h"

namespace cassette::api {

// A keyed hash that tells master keys apart and says nothing of them.
using KeyCheck = std::array<std::uint8_t, 16>;
KeyCheck check_of(const SecretKey& master);
// As lower-case hex.
std::string check_text(const SecretKey& master);

// What a destroyed key leaves: no wrapping, and never again one.
inline constexpr std::string_view kDestroyedKey = "destroyed";

// XChaCha20-Poly1305 under a random nonce; never twice the same.
std::string wrap(const SecretKey& key, std::string_view subject, const SecretKey& master);

// Nothing when `wrapped` is under another master key, of another subject, or damaged.
std::optional<SecretKey> unwrap(std::string_view wrapped, std::string_view subject,
                                const SecretKey& master);

}  // namespace cassette::api
