// Request ids: between hexadecimal digits and base64url (RFC 4648, section 5, without padding).
#include "eventstore/request_id.h"

#include <array>
#include <cstdint>
#include <optional>

namespace cassette::eventstore {
namespace {

using Uuid = std::array<std::uint8_t, 16>;

constexpr char kMark = '~';
constexpr std::size_t kUuidLength = 36;
constexpr std::size_t kPackedLength = 23;
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr bool has_dash(std::size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

std::string text_of(const Uuid& uuid) {
  std::string text;
  text.reserve(kUuidLength);
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (has_dash(i)) text += '-';
    text += kHex[uuid[i] >> 4];
    text += kHex[uuid[i] & 15];
  }
  return text;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != kUuidLength) return std::nullopt;
  Uuid uuid;
  for (std::size_t i = 0, at = 0; i < uuid.size(); ++i, at += 2) {
    if (has_dash(i) && text[at++] != '-') return std::nullopt;
    const std::size_t high = kHex.find(text[at]);
    const std::size_t low = kHex.find(text[at + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    uuid[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return uuid;
}

// 128 bits, six a character; the last has two.
std::string packed(const Uuid& uuid) {
  std::string text(1, kMark);
  text.reserve(kPackedLength);
  unsigned bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : uuid) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) text += kBase64[bits >> (count - 6) & 63];
  }
  text += kBase64[bits << (6 - count) & 63];
  return text;
}

std::optional<Uuid> parse_packed(std::string_view text) {
  if (text.size() != kPackedLength || text[0] != kMark) return std::nullopt;
  Uuid uuid;
  unsigned bits = 0;
  unsigned count = 0;
  std::size_t next = 0;
  for (const char c : text.substr(1)) {
    const std::size_t value = kBase64.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    uuid[next++] = static_cast<std::uint8_t>(bits >> count);
  }
  const bool whole = next == uuid.size() && (bits & ((1U << count) - 1)) == 0;
  return whole ? std::optional(uuid) : std::nullopt;
}

}  // namespace

std::string pack_request_id(std::string_view id) {
  const auto uuid = parse_uuid(id);
  return uuid ? packed(*uuid) : std::string(id);
}

std::string unpack_request_id(std::string_view written) {
  const auto uuid = parse_packed(written);
  return uuid ? text_of(*uuid) : std::string(written);
}

}  // namespace cassette::eventstore
