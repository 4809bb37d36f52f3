// NotaryKey: libsodium's Ed25519, and the files that the two halves come in.
#include "eventstore/notary_key.h"

#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <span>

#include "domain/check.h"
#include "eventstore/data_folder.h"

namespace cassette::eventstore {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "ed25519:";

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Lower case only, so that a key and a signature have one text each.
bool from_hex(std::string_view text, std::span<std::uint8_t> bytes) {
  if (text.size() != bytes.size() * 2) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

std::string signed_bytes(std::string_view purpose, std::string_view message) {
  return fmt::format("{}\n{}", purpose, message);
}

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string_view without_line_feed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

Failure<StoreError> unsupported(const fs::path& file, std::string_view why) {
  return Failure{
      StoreError{StoreError::Kind::Unsupported, fmt::format("{} {}", file.string(), why)}};
}

}  // namespace

std::string hex(const NotarySignature& signature) {
  return to_hex(signature);
}

std::optional<NotarySignature> parse_signature(std::string_view hexadecimal) {
  NotarySignature signature{};
  if (!from_hex(hexadecimal, signature)) return std::nullopt;
  return signature;
}

std::optional<NotaryPublicKey> NotaryPublicKey::parse(std::string_view text) {
  NotaryPublicKey key;
  if (!text.starts_with(kPrefix)) return std::nullopt;
  if (!from_hex(text.substr(kPrefix.size()), key.bytes_)) return std::nullopt;
  return key;
}

std::string NotaryPublicKey::text() const {
  return std::string(kPrefix) + to_hex(bytes_);
}

bool NotaryPublicKey::verifies(std::string_view purpose, std::string_view message,
                               const NotarySignature& signature) const {
  const std::string bytes = signed_bytes(purpose, message);
  return crypto_sign_verify_detached(signature.data(), bytes_of(bytes), bytes.size(),
                                     bytes_.data()) == 0;
}

NotaryKey NotaryKey::from_seed(const NotarySeed& seed) {
  NotaryKey key;
  CHECK(crypto_sign_seed_keypair(key.public_.bytes_.data(), key.secret_.data(), seed.data()) == 0);
  return key;
}

NotarySignature NotaryKey::sign(std::string_view purpose, std::string_view message) const {
  const std::string bytes = signed_bytes(purpose, message);
  NotarySignature signature{};
  crypto_sign_detached(signature.data(), nullptr, bytes_of(bytes), bytes.size(), secret_.data());
  return signature;
}

fs::path notary_key_file(const fs::path& data) {
  return data / "notary.key";
}

Stored<NotaryKey> load_notary_key(const fs::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return Failure{file_error("reading", file)};
  if ((status.st_mode & 077U) != 0) return unsupported(file, "may be read by others: chmod 600 it");
  const auto text = read_file(file);
  if (!text) return Failure{text.error()};
  NotarySeed seed{};
  if (!from_hex(without_line_feed(text.value()), seed)) {
    return unsupported(file, "holds no notary's key");
  }
  return NotaryKey::from_seed(seed);
}

Stored<NotaryKey> load_or_make_notary_key(const fs::path& file, const NotarySeed& new_seed) {
  std::error_code error;
  if (fs::exists(file, error) || error) return load_notary_key(file);
  fs::create_directories(file.parent_path(), error);
  if (const auto written = replace_file(file, to_hex(new_seed) + "\n"); !written) {
    return Failure{written.error()};
  }
  return NotaryKey::from_seed(new_seed);
}

Stored<std::vector<NotaryPublicKey>> notary_public_keys_of(const std::string& text_or_file) {
  if (const auto key = NotaryPublicKey::parse(text_or_file)) return std::vector{*key};
  const auto text = read_file(text_or_file);
  if (!text) return unsupported(text_or_file, "is no public key, nor a file that can be read");
  std::vector<NotaryPublicKey> keys;
  for (std::string_view rest = text.value(); !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = without_line_feed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    const auto key = NotaryPublicKey::parse(line);
    if (!key) return unsupported(text_or_file, "holds something else than public keys");
    keys.push_back(*key);
  }
  if (keys.empty()) return unsupported(text_or_file, "holds no public key");
  return keys;
}

}  // namespace cassette::eventstore
