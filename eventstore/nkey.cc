// Nkeys are base32 (RFC 4648, no padding) of prefix ‖ key ‖ CRC16 (XMODEM, little-endian). A seed
// has two bytes of prefix: five bits say "seed", the next eight whose, three stay zero.
#include "eventstore/nkey.h"

#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "domain/check.h"
#include "eventstore/data_folder.h"

namespace cassette::eventstore {
namespace {

namespace fs = std::filesystem;

// The letter that each gives in base32, in the upper five bits.
constexpr std::uint8_t kSeedPrefix = 18U << 3U;      // 'S'
constexpr std::uint8_t kUserPrefix = 20U << 3U;      // 'U'
constexpr std::uint8_t kAccountPrefix = 0U << 3U;    // 'A'
constexpr std::uint8_t kOperatorPrefix = 14U << 3U;  // 'O'
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr unsigned kBitsOfLetter = 5;
constexpr std::size_t kCheckBytes = 2;

std::uint8_t prefix_of(NkeyKind kind) {
  switch (kind) {
    case NkeyKind::User:
      return kUserPrefix;
    case NkeyKind::Account:
      return kAccountPrefix;
    case NkeyKind::Operator:
      return kOperatorPrefix;
  }
  return kUserPrefix;
}

std::array<std::uint8_t, 2> seed_prefix_of(NkeyKind kind) {
  const unsigned prefix = prefix_of(kind);
  return {static_cast<std::uint8_t>(kSeedPrefix | prefix >> 5U),
          static_cast<std::uint8_t>((prefix & 31U) << 3U)};
}

std::string_view name_of(NkeyKind kind) {
  switch (kind) {
    case NkeyKind::User:
      return "a user's";
    case NkeyKind::Account:
      return "an account's";
    case NkeyKind::Operator:
      return "an operator's";
  }
  return "an";
}

std::uint16_t crc16(const std::vector<std::uint8_t>& bytes) {
  constexpr unsigned kPolynomial = 0x1021;
  unsigned crc = 0;
  for (const std::uint8_t byte : bytes) {
    crc ^= static_cast<unsigned>(byte) << 8U;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 0x8000U) != 0 ? (crc << 1U) ^ kPolynomial : crc << 1U;
    }
    crc &= 0xffffU;
  }
  return static_cast<std::uint16_t>(crc);
}

// Nothing but what `base32` writes: bits that are left over must be zero.
std::optional<std::vector<std::uint8_t>> from_base32(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char letter : text) {
    const std::size_t value = kAlphabet.find(letter);
    if (value == std::string_view::npos) return std::nullopt;
    held = (held << kBitsOfLetter) | static_cast<unsigned>(value);
    bits += kBitsOfLetter;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>(held >> bits));
    held &= (1U << bits) - 1;
  }
  if (held != 0 || bits >= kBitsOfLetter) return std::nullopt;
  return bytes;
}

std::string encode(std::vector<std::uint8_t> bytes) {
  const std::uint16_t crc = crc16(bytes);
  bytes.push_back(static_cast<std::uint8_t>(crc & 0xffU));
  bytes.push_back(static_cast<std::uint8_t>(crc >> 8U));
  return base32(bytes);
}

// Without the checksum, which was right.
std::optional<std::vector<std::uint8_t>> decode(std::string_view text) {
  auto bytes = from_base32(text);
  if (!bytes || bytes->size() <= kCheckBytes) return std::nullopt;
  const std::size_t size = bytes->size() - kCheckBytes;
  const unsigned crc = (*bytes)[size] | static_cast<unsigned>((*bytes)[size + 1]) << 8U;
  bytes->resize(size);
  if (crc16(*bytes) != crc) return std::nullopt;
  return bytes;
}

Failure<StoreError> unsupported(const fs::path& file, std::string_view why) {
  return Failure{
      StoreError{StoreError::Kind::Unsupported, fmt::format("{} {}", file.string(), why)}};
}

}  // namespace

std::string base32(std::span<const std::uint8_t> bytes) {
  std::string text;
  unsigned held = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : bytes) {
    held = (held << 8U) | byte;
    for (bits += 8; bits >= kBitsOfLetter; bits -= kBitsOfLetter) {
      text += kAlphabet[(held >> (bits - kBitsOfLetter)) & 31U];
    }
    held &= (1U << bits) - 1;
  }
  if (bits > 0) text += kAlphabet[(held << (kBitsOfLetter - bits)) & 31U];
  return text;
}

Nkey Nkey::from_bytes(const NkeySeed& seed, NkeyKind kind) {
  Nkey key;
  key.kind_ = kind;
  key.seed_ = seed;
  CHECK(crypto_sign_seed_keypair(key.public_.data(), key.secret_.data(), seed.data()) == 0);
  return key;
}

std::optional<Nkey> Nkey::from_seed(std::string_view text, NkeyKind kind) {
  const auto bytes = decode(text);
  const auto prefix = seed_prefix_of(kind);
  NkeySeed seed{};
  if (!bytes || bytes->size() != prefix.size() + seed.size()) return std::nullopt;
  if (!std::equal(prefix.begin(), prefix.end(), bytes->begin())) return std::nullopt;
  std::copy_n(bytes->begin() + prefix.size(), seed.size(), seed.begin());
  return from_bytes(seed, kind);
}

Nkey Nkey::derive(std::string_view name) const {
  NkeySeed seed{};
  crypto_generichash(seed.data(), seed.size(), reinterpret_cast<const unsigned char*>(name.data()),
                     name.size(), seed_.data(), seed_.size());
  return from_bytes(seed, kind_);
}

std::string Nkey::public_key() const {
  std::vector<std::uint8_t> bytes{prefix_of(kind_)};
  bytes.insert(bytes.end(), public_.begin(), public_.end());
  return encode(std::move(bytes));
}

std::string Nkey::seed() const {
  const auto prefix = seed_prefix_of(kind_);
  std::vector<std::uint8_t> bytes(prefix.begin(), prefix.end());
  bytes.insert(bytes.end(), seed_.begin(), seed_.end());
  return encode(std::move(bytes));
}

NkeySignature Nkey::sign(std::string_view message) const {
  NkeySignature signature{};
  crypto_sign_detached(signature.data(), nullptr,
                       reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                       secret_.data());
  return signature;
}

Stored<Nkey> load_nkey(const fs::path& file, NkeyKind kind) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return Failure{file_error("reading", file)};
  if ((status.st_mode & 077U) != 0) return unsupported(file, "may be read by others: chmod 600 it");
  auto text = read_file(file);
  if (!text) return Failure{text.error()};
  std::string_view seed = text.value();
  while (!seed.empty() && (seed.back() == '\n' || seed.back() == '\r')) seed.remove_suffix(1);
  const auto key = Nkey::from_seed(seed, kind);
  if (!key) return unsupported(file, fmt::format("holds no seed of {} nkey", name_of(kind)));
  return *key;
}

Stored<Nkey> load_or_make_nkey(const fs::path& file, const NkeySeed& new_seed, NkeyKind kind) {
  std::error_code error;
  if (fs::exists(file, error) || error) return load_nkey(file, kind);
  const Nkey key = Nkey::from_bytes(new_seed, kind);
  fs::create_directories(file.parent_path(), error);
  auto written = replace_file(file, key.seed() + "\n");
  if (!written) return Failure{written.error()};
  return key;
}

}  // namespace cassette::eventstore
