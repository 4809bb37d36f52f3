// Keyring: one data key a subject ("customer:c-17"), wrapped by the master key and kept in the
// bucket `cassette-keys`. Destroying a subject's key erases what was sealed for it everywhere.
// It hands out keys and refuses to encrypt anything but keys.
#pragma once

#include <cstdint>
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
// Keys held in memory, and places of destroyed ones: past it the cache starts anew, so that a
// million customers stay bounded.
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
  // Destroys the key for good, overwritten where it was kept; the subject can never have another.
  // Twice is no error. After a failure it is not known to be gone: destroy it again.
  eventstore::Stored<eventstore::Done> destroy(std::string_view subject);
  // Whether the subject's key was destroyed, as the bucket has it.
  eventstore::Stored<bool> is_destroyed(std::string_view subject);
  // Overwrites what older wrappings of the subject's key are left on disk.
  eventstore::Stored<eventstore::Done> scrub(std::string_view subject);

  // What is in memory, destroyed ones included: `kMaxCachedKeys` at most.
  std::size_t cached_keys() const;

  // The root of the keys for digests and cursors: random, wrapped, kept at rotation.
  const SecretKey& signing_root() const { return signing_root_; }

 private:
  Keyring(const SecretKey& master, eventstore::KeyValue& bucket);

  eventstore::Stored<std::optional<SecretKey>> read(std::string_view subject);
  std::optional<std::optional<SecretKey>> cached(std::string_view subject) const;
  // `destroyed` is what `destroyed_` was before the bucket was asked.
  void remember(std::string_view subject, const std::optional<SecretKey>& key,
                std::uint64_t destroyed);
  std::uint64_t destroyed() const;

  SecretKey master_;
  eventstore::KeyValue& bucket_;
  SecretKey signing_root_{};
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::optional<SecretKey>> cache_;  // nothing: destroyed
  std::uint64_t destroyed_ = 0;  // how often a key was found to be
};

struct MasterRotation {
  std::size_t rewrapped = 0;  // keys moved by this call
  std::size_t already = 0;    // moved before, by a call that was cut short
};

// Moves every key of the bucket, the signing root too, from the master key in `master_file` to the
// one in `new_master_file`, which is made when absent; then `master_file` holds the
// new one too; `new_master_file` stays as it is. No old wrapping stays on disk. Cut short at any
// moment it is finished by a repeat with the same files; until then no keyring opens (Unsupported).
// Not while a keyring is open on the bucket in any process: it would not find its way to the new
// key. Blocks for some round trips a key. Mismatch when the bucket is under another master key, or
// when another rotation was begun.
eventstore::Stored<MasterRotation> rotate_master_key(const std::filesystem::path& master_file,
                                                     const std::filesystem::path& new_master_file,
                                                     eventstore::KeyValue& bucket);

// A subject's key in the bucket: a subject is `kind:id`, and a bucket's keys have no colon.
std::string bucket_key(std::string_view subject);
// In the bucket, while the master key is being rotated: the check values of the old and the new.
inline constexpr std::string_view kRotationKey = "rotation";
// Whose key the signing root is.
inline constexpr std::string_view kSigningSubject = "system:signing";

}  // namespace cassette::api
