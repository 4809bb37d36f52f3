// Encoding: base64url without padding, as tokens, digests and cursors are written, and base64 with
// it, as headers have it. Refuses anything that is not exactly what it would itself have written.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cassette::api {

using Bytes = std::span<const std::uint8_t>;

inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string base64url(Bytes bytes);
// Nothing when `text` is not base64url without padding.
std::optional<std::string> from_base64url(std::string_view text);

// With padding, and + and /.
std::string base64(Bytes bytes);
std::optional<std::string> from_base64(std::string_view text);

}  // namespace cassette::api
