// Sealing: XChaCha20-Poly1305 with a nonce that is a keyed hash of subject, field and text.
#include "api/identity/sealing.h"

#include <sodium.h>

#include "api/identity/encoding.h"

namespace cassette::api {
namespace {

using eventstore::Stored;

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr char kContext[crypto_kdf_CONTEXTBYTES + 1] = "sealing ";
constexpr std::string_view kSealedSuffix = "\"}";

// The nonce's key and the cipher's are two, so that neither says anything of the other.
struct SubjectKeys {
  SecretKey nonce;
  SecretKey cipher;
};

SubjectKeys keys_of(const SecretKey& data_key) {
  SubjectKeys keys;
  crypto_kdf_derive_from_key(keys.nonce.data(), keys.nonce.size(), 1, kContext, data_key.data());
  crypto_kdf_derive_from_key(keys.cipher.data(), keys.cipher.size(), 2, kContext, data_key.data());
  return keys;
}

std::string binding(std::string_view subject, std::string_view field) {
  return std::string(subject).append(1, '|').append(field);
}

struct Token {
  std::string_view subject;
  std::string_view field;
  std::string_view secret;  // base64url(nonce ‖ ciphertext)
};

std::optional<Token> split(std::string_view token) {
  const std::size_t first = token.find('|');
  const std::size_t second = token.find('|', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return Token{token.substr(0, first), token.substr(first + 1, second - first - 1),
               token.substr(second + 1)};
}

std::optional<std::string> decrypt(const Token& token, const SecretKey& data_key) {
  const auto secret = from_base64url(token.secret);
  if (!secret || secret->size() < kNonceBytes + kTagBytes) return std::nullopt;
  const std::string bound = binding(token.subject, token.field);
  const auto* nonce = bytes_of(*secret).data();
  std::string json(secret->size() - kNonceBytes - kTagBytes, '\0');
  const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
      reinterpret_cast<unsigned char*>(json.data()), nullptr, nullptr, nonce + kNonceBytes,
      secret->size() - kNonceBytes, bytes_of(bound).data(), bound.size(), nonce,
      keys_of(data_key).cipher.data());
  return failed == 0 ? std::optional(std::move(json)) : std::nullopt;
}

}  // namespace

Stored<std::optional<domain::Sealed>> Sealer::seal(std::string_view subject, std::string_view field,
                                                   std::string_view json) {
  const auto key = keyring_.obtain(subject);
  if (!key) return Failure{key.error()};
  if (!key.value()) return std::optional<domain::Sealed>();
  const SubjectKeys keys = keys_of(*key.value());
  const std::string bound = binding(subject, field);
  std::string secret(kNonceBytes + json.size() + kTagBytes, '\0');
  auto* nonce = reinterpret_cast<unsigned char*>(secret.data());
  const std::string hashed = std::string(bound).append(1, '|').append(json);
  crypto_generichash(nonce, kNonceBytes, bytes_of(hashed).data(), hashed.size(), keys.nonce.data(),
                     keys.nonce.size());
  crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + kNonceBytes, nullptr, bytes_of(json).data(),
                                             json.size(), bytes_of(bound).data(), bound.size(),
                                             nullptr, nonce, keys.cipher.data());
  return std::optional(domain::Sealed{bound + '|' + base64url(bytes_of(secret))});
}

Stored<std::optional<std::string>> Sealer::open(std::string_view token) {
  const auto parts = split(token);
  if (!parts) return std::optional<std::string>();
  const auto key = keyring_.find(parts->subject);
  if (!key) return Failure{key.error()};
  if (!key.value()) return std::optional<std::string>();
  return decrypt(*parts, *key.value());
}

Stored<std::string> Sealer::open_document(std::string document, KnownField known) {
  std::size_t found = document.find(kSealedPrefix);
  if (found == std::string::npos) return document;
  std::string opened;
  opened.reserve(document.size());
  std::size_t copied = 0;
  for (; found != std::string::npos; found = document.find(kSealedPrefix, copied)) {
    const std::size_t start = found + kSealedPrefix.size();
    const std::size_t end = document.find(kSealedSuffix, start);
    if (end == std::string::npos) break;
    const std::string_view token = std::string_view(document).substr(start, end - start);
    opened.append(document, copied, found - copied);
    if (token == known.token) {
      opened.append(known.json);
    } else {
      const auto json = open(token);
      if (!json) return Failure{json.error()};
      opened.append(json.value() ? *json.value() : "null");
    }
    copied = end + kSealedSuffix.size();
  }
  opened.append(document, copied);
  return opened;
}

}  // namespace cassette::api
