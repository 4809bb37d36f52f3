// Signer: HMAC-SHA-256 by libsodium, with a subkey a purpose.
#include "api/identity/signer.h"

#include <sodium.h>

#include "api/identity/encoding.h"

namespace cassette::api {
namespace {

constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kTimeBytes = 8;
constexpr char kContext[crypto_kdf_CONTEXTBYTES + 1] = "cassette";

SecretKey subkey(const SecretKey& root, std::uint64_t id) {
  static_assert(std::tuple_size_v<SecretKey> == crypto_kdf_KEYBYTES);
  SecretKey key;
  crypto_kdf_derive_from_key(key.data(), key.size(), id, kContext, root.data());
  return key;
}

std::array<std::uint8_t, kTagBytes> tag_of(std::string_view text, const SecretKey& key) {
  std::array<std::uint8_t, crypto_auth_hmacsha256_BYTES> full;
  crypto_auth_hmacsha256(full.data(), bytes_of(text).data(), text.size(), key.data());
  std::array<std::uint8_t, kTagBytes> tag;
  std::copy_n(full.begin(), kTagBytes, tag.begin());
  return tag;
}

std::string time_bytes(domain::Timestamp time) {
  std::string bytes(kTimeBytes, '\0');
  for (std::size_t i = 0; i < kTimeBytes; ++i) {
    bytes[i] = static_cast<char>(static_cast<std::uint64_t>(time.micros) >> (8 * i));
  }
  return bytes;
}

domain::Timestamp time_of(std::string_view bytes) {
  std::uint64_t micros = 0;
  for (std::size_t i = 0; i < kTimeBytes; ++i) {
    micros |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
  }
  return {static_cast<std::int64_t>(micros)};
}

// The tag covers the scope's own tag, so the scope need not be in the token.
std::string signed_text(std::string_view payload, std::string_view scope, const SecretKey& key) {
  const auto scope_tag = tag_of(scope, key);
  std::string text(reinterpret_cast<const char*>(scope_tag.data()), scope_tag.size());
  return text.append(payload);
}

}  // namespace

Signer::Signer(const SecretKey& root)
    : digest_key_(subkey(root, 1)), cursor_key_(subkey(root, 2)) {}

std::string Signer::digest(std::string_view raw) const {
  return base64url(tag_of(raw, digest_key_));
}

std::string Signer::seal_cursor(std::string_view text, std::string_view scope,
                                domain::Timestamp expires) const {
  const std::string payload = time_bytes(expires).append(text);
  const auto tag = tag_of(signed_text(payload, scope, cursor_key_), cursor_key_);
  std::string token(reinterpret_cast<const char*>(tag.data()), tag.size());
  return base64url(bytes_of(token.append(payload)));
}

std::optional<std::string> Signer::open_cursor(std::string_view token, std::string_view scope,
                                               domain::Timestamp now) const {
  const auto bytes = from_base64url(token);
  if (!bytes || bytes->size() < kTagBytes + kTimeBytes) return std::nullopt;
  const std::string_view payload = std::string_view(*bytes).substr(kTagBytes);
  const auto tag = tag_of(signed_text(payload, scope, cursor_key_), cursor_key_);
  if (sodium_memcmp(tag.data(), bytes->data(), kTagBytes) != 0) return std::nullopt;
  if (time_of(payload) <= now) return std::nullopt;
  return std::string(payload.substr(kTimeBytes));
}

}  // namespace cassette::api
