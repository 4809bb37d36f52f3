// Secret box: a text that only the holder of a random secret can read again, for what is kept where
// others may look. The secret itself is kept nowhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cassette::api {

// XChaCha20-Poly1305 under a random nonce, with a key made of `secret`, which has at least 128
// random bits; as base64url.
std::string lock_up(std::string_view text, std::string_view secret);

// Nothing when `box` was locked with another secret, or is damaged.
std::optional<std::string> unlock(std::string_view box, std::string_view secret);

}  // namespace cassette::api
