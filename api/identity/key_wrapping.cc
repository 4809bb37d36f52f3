// Key wrapping: version ‖ check ‖ nonce ‖ ciphertext; version 1 is without the check.
#include "api/identity/key_wrapping.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>

#include "api/identity/encoding.h"

namespace cassette::api {
namespace {

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kSealedBytes = kNonceBytes + std::tuple_size_v<SecretKey> + kTagBytes;
constexpr char kUnnamedMaster = 1;  // written before master keys could be rotated
constexpr char kNamedMaster = 2;
constexpr std::string_view kCheckText = "cassette master key";

// The nonce and what follows it; empty when `wrapped` is none, or names another master key.
std::string_view sealed_part(std::string_view wrapped, const SecretKey& master) {
  if (wrapped.empty()) return {};
  const char version = wrapped.front();
  wrapped.remove_prefix(1);
  if (version == kNamedMaster) {
    const KeyCheck check = check_of(master);
    if (wrapped.size() < check.size()) return {};
    if (!std::ranges::equal(bytes_of(wrapped.substr(0, check.size())), check)) return {};
    wrapped.remove_prefix(check.size());
  } else if (version != kUnnamedMaster) {
    return {};
  }
  return wrapped.size() == kSealedBytes ? wrapped : std::string_view();
}

}  // namespace

KeyCheck check_of(const SecretKey& master) {
  KeyCheck check{};
  crypto_generichash(check.data(), check.size(), bytes_of(kCheckText).data(), kCheckText.size(),
                     master.data(), master.size());
  return check;
}

std::string check_text(const SecretKey& master) {
  std::string text;
  for (const std::uint8_t byte : check_of(master)) text += fmt::format("{:02x}", byte);
  return text;
}

std::string wrap(const SecretKey& key, std::string_view subject, const SecretKey& master) {
  const KeyCheck check = check_of(master);
  std::string wrapped(1, kNamedMaster);
  wrapped.append(check.begin(), check.end());
  const std::size_t prefix = wrapped.size();
  wrapped.resize(prefix + kSealedBytes);
  auto* nonce = reinterpret_cast<unsigned char*>(wrapped.data()) + prefix;
  randombytes_buf(nonce, kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + kNonceBytes, nullptr, key.data(), key.size(),
                                             bytes_of(subject).data(), subject.size(), nullptr,
                                             nonce, master.data());
  return wrapped;
}

std::optional<SecretKey> unwrap(std::string_view wrapped, std::string_view subject,
                                const SecretKey& master) {
  const std::string_view sealed = sealed_part(wrapped, master);
  if (sealed.empty()) return std::nullopt;
  SecretKey key;
  const auto* nonce = bytes_of(sealed).data();
  const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
      key.data(), nullptr, nullptr, nonce + kNonceBytes, key.size() + kTagBytes,
      bytes_of(subject).data(), subject.size(), nonce, master.data());
  return failed == 0 ? std::optional(key) : std::nullopt;
}

}  // namespace cassette::api
