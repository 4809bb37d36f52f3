// Signing keys: what our tokens are signed with, in the bucket, their private parts sealed under
// the keyring. A new key is published before it signs, and an old one until every token that it
// signed has expired. Source: RFC 7517 §5.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/identity/jwk.h"
#include "api/identity/sealing.h"
#include "domain/values.h"
#include "eventstore/key_value.h"

namespace cassette::api {

// The longest that any token of ours is valid.
inline constexpr std::chrono::minutes kTokenLifetime{10};
// How long a new key is published before it signs, but for the first of all. Client libraries keep
// a JWK set for a minute before they ask again for a key that they don't know (oauth4webapi), and
// caches keep it for `kKeysCachedFor`.
inline constexpr std::chrono::minutes kKeyAnnounced{2};
inline constexpr std::chrono::seconds kKeysCachedFor{60};
// How long an old key is still published: until the last token, which another process may have
// signed before it knew of the new key, has expired on a clock that is behind.
inline constexpr std::chrono::minutes kKeyOverlap = kTokenLifetime + std::chrono::minutes(2);
// How old what a process knows of the keys may be when it signs or publishes.
inline constexpr std::chrono::seconds kKeysFreshFor{2};

// The keys at one moment, the oldest first; `signing` is the place of the one that signs.
class KeySet {
 public:
  KeySet(std::vector<SigningKey> keys, std::size_t signing)
      : keys_(std::move(keys)), signing_(signing) {}

  const SigningKey& signing() const { return keys_[signing_]; }
  // Null when there is none.
  const PublicJwk* find(std::string_view key_id) const;
  // {"keys":[…]}
  std::string jwks() const;
  std::size_t size() const { return keys_.size(); }

 private:
  std::vector<SigningKey> keys_;
  std::size_t signing_;
};

// Thread-safe. Blocks for round trips where it says so.
class SigningKeys {
 public:
  // Makes the first key when there is none. Both outlive it. Blocks.
  static eventstore::Stored<std::unique_ptr<SigningKeys>> open(eventstore::KeyValue& bucket,
                                                               Keyring& keyring,
                                                               domain::Timestamp now);

  // What is known at this moment, at most `kKeysFreshFor` old. Blocks when it must look again; when
  // that fails, the keys that it knows go on.
  std::shared_ptr<const KeySet> current(domain::Timestamp now);

  // As `current`, and looks again, once a second at most, when `key_id` is not among them.
  std::shared_ptr<const KeySet> having(std::string_view key_id, domain::Timestamp now);

  // Makes a new key, which signs once it has been published for `kKeyAnnounced`, and drops those
  // that no valid token is of. Full when that was done too often within minutes. Blocks.
  eventstore::Stored<eventstore::Done> rotate(domain::Timestamp now);

 private:
  struct Record;
  SigningKeys(eventstore::KeyValue& bucket, Keyring& keyring);

  eventstore::Stored<eventstore::Done> load(domain::Timestamp now);
  eventstore::Stored<std::optional<Record>> read(std::uint64_t& revision);
  eventstore::Stored<eventstore::Done> add_key(Record record, std::uint64_t revision,
                                               domain::Timestamp now);
  std::shared_ptr<const KeySet> looked_at_within(std::chrono::microseconds age,
                                                 domain::Timestamp now);

  eventstore::KeyValue& bucket_;
  Sealer sealer_;
  std::mutex mutex_;
  std::shared_ptr<const KeySet> keys_;
  domain::Timestamp looked_at_;
};

}  // namespace cassette::api
