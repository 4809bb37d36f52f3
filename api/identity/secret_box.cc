// Secret box: nonce ‖ ciphertext.
#include "api/identity/secret_box.h"

#include <sodium.h>

#include <array>

#include "api/identity/encoding.h"

namespace cassette::api {
namespace {

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
using BoxKey = std::array<std::uint8_t, crypto_aead_xchacha20poly1305_ietf_KEYBYTES>;

// The secret is random, so a fast hash does.
BoxKey key_of(std::string_view secret) {
  BoxKey key;
  crypto_generichash(key.data(), key.size(), bytes_of(secret).data(), secret.size(), nullptr, 0);
  return key;
}

}  // namespace

std::string lock_up(std::string_view text, std::string_view secret) {
  const BoxKey key = key_of(secret);
  std::string box(kNonceBytes + text.size() + kTagBytes, '\0');
  auto* nonce = reinterpret_cast<unsigned char*>(box.data());
  randombytes_buf(nonce, kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + kNonceBytes, nullptr, bytes_of(text).data(),
                                             text.size(), nullptr, 0, nullptr, nonce, key.data());
  return base64url(bytes_of(box));
}

std::optional<std::string> unlock(std::string_view box, std::string_view secret) {
  const auto bytes = from_base64url(box);
  if (!bytes || bytes->size() < kNonceBytes + kTagBytes) return std::nullopt;
  const BoxKey key = key_of(secret);
  std::string text(bytes->size() - kNonceBytes - kTagBytes, '\0');
  const auto* nonce = bytes_of(*bytes).data();
  const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
      reinterpret_cast<unsigned char*>(text.data()), nullptr, nullptr, nonce + kNonceBytes,
      bytes->size() - kNonceBytes, nullptr, 0, nonce, key.data());
  return failed == 0 ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace cassette::api
