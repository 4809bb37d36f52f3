// Keyring: one data key a subject ("customer:c-17"), wrapped by the master key and kept in the
// bucket `cassette-keys`. Destroying a subject's key erases what was sealed for it everywhere.
// It hands out keys and refuses to encrypt anything but keys.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/identity/signer.h"
#include "eventstore/key_value.h"

namespace cassette::api {

// Where wrapped keys are kept.
inline constexpr std::string_view kKeyBucket = "cassette-keys";
// Keys held in memory: past it the cache starts anew, so that a million customers stay bounded.
inline constexpr std::size_t kMaxCachedKeys = 100'000;

// Reads the 32 bytes of the master key. When the file is absent and `may_create`, makes it from
// randomness with mode 0600. Unsupported for a wrong size or for a mode that others can read.
eventstore::Stored<SecretKey> load_master_key(const std::filesystem::path& file, bool may_create);

// Thread-safe. Calls that need the bucket block for its round trips; cached ones don't.
class Keyring {
 public:
  // `bucket` outlives the keyring. The file is made at the first start only: once the bucket holds
  // keys, a missing file or another key is a Mismatch.
  static eventstore::Stored<std::unique_ptr<Keyring>> open(const std::filesystem::path& master_file,
                                                           eventstore::KeyValue& bucket);

  // The subject's key, made durable first when there is none. Nothing when it was destroyed.
  eventstore::Stored<std::optional<SecretKey>> obtain(std::string_view subject);
  // The subject's key. Nothing when there never was one, or it was destroyed.
  eventstore::Stored<std::optional<SecretKey>> find(std::string_view subject);
  // Destroys the key for good; the subject can never have another. Twice is no error.
  eventstore::Stored<eventstore::Done> destroy(std::string_view subject);

  // The root of the keys for digests and cursors: random, wrapped, kept at rotation.
  const SecretKey& signing_root() const { return signing_root_; }

 private:
  Keyring(const SecretKey& master, eventstore::KeyValue& bucket);

  eventstore::Stored<std::optional<SecretKey>> read(std::string_view subject);
  std::optional<std::optional<SecretKey>> cached(std::string_view subject) const;
  void remember(std::string_view subject, const std::optional<SecretKey>& key);

  SecretKey master_;
  eventstore::KeyValue& bucket_;
  SecretKey signing_root_{};
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::optional<SecretKey>> cache_;  // nothing: destroyed
};

}  // namespace cassette::api
