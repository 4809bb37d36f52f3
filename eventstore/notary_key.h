// NotaryKey: the Ed25519 key (RFC 8032) by which what leaves the house is vouched for: signed heads
// and exports' manifests. It signs and verifies; what is worth signing, others judge.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/store_error.h"

namespace cassette::eventstore {

using NotarySeed = std::array<std::uint8_t, 32>;
using NotarySignature = std::array<std::uint8_t, 64>;

// What a signature is for. It is signed with the message, so that one of a manifest is never taken
// for one of a head: the signed bytes are the purpose, a line feed, and the message.
inline constexpr std::string_view kHeadPurpose = "cassette-head-v1";
inline constexpr std::string_view kExportPurpose = "cassette-export-v1";

// 128 hexadecimal digits, and back; nothing when it is not that.
std::string hex(const NotarySignature& signature);
std::optional<NotarySignature> parse_signature(std::string_view hexadecimal);

// The half that everybody may have. A value; safe to share between threads.
class NotaryPublicKey {
 public:
  // From "ed25519:" and 64 hexadecimal digits, in lower case as `text` writes them. Nothing when it
  // is not that.
  static std::optional<NotaryPublicKey> parse(std::string_view text);

  std::string text() const;
  // Whether `signature` is this key's of `message`, for `purpose`.
  bool verifies(std::string_view purpose, std::string_view message,
                const NotarySignature& signature) const;

  bool operator==(const NotaryPublicKey&) const = default;

 private:
  friend class NotaryKey;
  std::array<std::uint8_t, 32> bytes_{};
};

// A value; safe to share between threads. It makes no randomness: seeds come in.
class NotaryKey {
 public:
  // From 32 random bytes.
  static NotaryKey from_seed(const NotarySeed& seed);

  const NotaryPublicKey& public_key() const { return public_; }
  // The same bytes for the same message, whenever and wherever it is signed.
  NotarySignature sign(std::string_view purpose, std::string_view message) const;

 private:
  NotaryPublicKey public_;
  std::array<std::uint8_t, 64> secret_{};  // as libsodium has it: seed and public key
};

// Where a data folder has it.
std::filesystem::path notary_key_file(const std::filesystem::path& data);

// Reads a key's file: the seed in hexadecimal, and a line feed. Unavailable when there is none;
// Unsupported when others than its owner may read it, or when it holds something else.
Stored<NotaryKey> load_notary_key(const std::filesystem::path& file);

// The same, and when there is none makes one of `new_seed` (mode 0600, on disk before this
// returns).
Stored<NotaryKey> load_or_make_notary_key(const std::filesystem::path& file,
                                          const NotarySeed& new_seed);

// Public keys as the command line takes them: one key's text, or a file with one a line, such as
// DATA/notary/keys. Never empty: Unsupported when it is neither.
Stored<std::vector<NotaryPublicKey>> notary_public_keys_of(const std::string& text_or_file);

}  // namespace cassette::eventstore
