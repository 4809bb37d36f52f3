// Signing keys: one JSON record, changed by compare-and-set.
#include "api/identity/signing_keys.h"

#include <spdlog/spdlog.h>

#include "api/identity/encoding.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Stored;
using eventstore::StoreError;

constexpr std::string_view kRecord = "sign.keys";
// Whose data key seals the private parts, and as what.
constexpr std::string_view kSubject = "system:identity";
constexpr std::string_view kField = "signing-key";
// Rotations that may meet each other.
constexpr int kMaxTries = 10;
// Keys at a time: rotating more often than a token lives must not grow the record without end.
constexpr std::size_t kMaxKeys = 16;
// An unknown key id may make us look again so often.
constexpr std::chrono::seconds kUnknownKeyPause{1};

std::int64_t micros(auto duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

struct KeptKey {
  std::string key_id;
  std::string sealed;  // the private part
  domain::Timestamp created_at;

  static void fields(auto& self, auto&& visit) {
    visit("kid", self.key_id);
    visit("sealed", self.sealed);
    visit("createdAt", self.created_at);
  }
};

domain::Timestamp after(domain::Timestamp time, auto duration) {
  return {time.micros + micros(duration)};
}

using KeptKeys = std::vector<KeptKey>;  // the oldest first; one retires when the next one signs

// The newest that has been published for long enough; the oldest when none has.
std::size_t signing_place(const KeptKeys& keys, domain::Timestamp now) {
  std::size_t place = keys.size() - 1;
  while (place > 0 && now < after(keys[place].created_at, kKeyAnnounced)) --place;
  return place;
}

// Those before the place that is given have retired so long ago that no valid token is of them.
std::size_t first_in_use(const KeptKeys& keys, domain::Timestamp now) {
  std::size_t place = 0;
  while (place + 1 < keys.size() &&
         after(keys[place + 1].created_at, kKeyAnnounced + kKeyOverlap) <= now) {
    ++place;
  }
  return place;
}

void drop_unused(KeptKeys& keys, domain::Timestamp now) {
  keys.erase(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(first_in_use(keys, now)));
}

Failure<StoreError> corrupt(std::string what) {
  return Failure{StoreError{StoreError::Kind::Corrupt, std::move(what)}};
}

}  // namespace

struct SigningKeys::Record {
  KeptKeys keys;

  static void fields(auto& self, auto&& visit) { visit("keys", self.keys); }
};

const PublicJwk* KeySet::find(std::string_view key_id) const {
  for (const SigningKey& key : keys_) {
    if (key.key_id() == key_id) return &key.public_key();
  }
  return nullptr;
}

std::string KeySet::jwks() const {
  std::string text = "{\"keys\":[";
  for (const SigningKey& key : keys_) {
    if (&key != &keys_.front()) text += ',';
    text += key.public_json();
  }
  return text + "]}";
}

SigningKeys::SigningKeys(eventstore::KeyValue& bucket, Keyring& keyring)
    : bucket_(bucket), sealer_(keyring) {}

Stored<std::unique_ptr<SigningKeys>> SigningKeys::open(eventstore::KeyValue& bucket,
                                                       Keyring& keyring, domain::Timestamp now) {
  std::unique_ptr<SigningKeys> keys(new SigningKeys(bucket, keyring));
  std::uint64_t revision = 0;
  auto record = keys->read(revision);
  if (!record) return Failure{record.error()};
  if (!record.value()) {
    const auto added = keys->add_key({}, 0, now);
    // Another process may have made the first one.
    if (!added && added.error().kind != StoreError::Kind::Conflict) return Failure{added.error()};
  }
  const auto loaded = keys->load(now);
  if (!loaded) return Failure{loaded.error()};
  return keys;
}

Stored<std::optional<SigningKeys::Record>> SigningKeys::read(std::uint64_t& revision) {
  const auto entry = bucket_.get(kRecord);
  if (!entry) return Failure{entry.error()};
  if (!entry.value()) return std::optional<Record>();
  Record record;
  if (!eventstore::read_json(entry.value()->value, record) || record.keys.empty()) {
    return corrupt("the signing keys are unreadable");
  }
  revision = entry.value()->revision;
  return std::optional(std::move(record));
}

Stored<Done> SigningKeys::add_key(Record record, std::uint64_t revision, domain::Timestamp now) {
  const SigningKey fresh = SigningKey::generate();
  const auto sealed = sealer_.seal(kSubject, kField, fresh.private_der());
  if (!sealed) return Failure{sealed.error()};
  if (!sealed.value()) return corrupt("the key that seals the signing keys was destroyed");
  if (!record.keys.empty()) drop_unused(record.keys, now);
  if (record.keys.size() >= kMaxKeys) {
    return Failure{StoreError{StoreError::Kind::Full,
                              "too many keys were made within minutes: try again later"}};
  }
  record.keys.push_back({fresh.key_id(), sealed.value()->token, now});
  const std::string json = eventstore::to_json(record);
  const auto written =
      revision == 0 ? bucket_.create(kRecord, json) : bucket_.update(kRecord, json, revision);
  if (!written) return Failure{written.error()};
  return Done{};
}

Stored<Done> SigningKeys::load(domain::Timestamp now) {
  std::uint64_t revision = 0;
  auto record = read(revision);
  if (!record) return Failure{record.error()};
  if (!record.value()) return corrupt("the signing keys are gone");
  KeptKeys& all = record.value()->keys;
  drop_unused(all, now);
  std::vector<SigningKey> keys;
  for (const KeptKey& kept : all) {
    const auto der = sealer_.open(kept.sealed);
    if (!der) return Failure{der.error()};
    auto key = der.value() ? SigningKey::from_private_der(*der.value()) : std::nullopt;
    if (!key || key->key_id() != kept.key_id) {
      return corrupt("the signing key " + kept.key_id + " does not open");
    }
    keys.push_back(*std::move(key));
  }
  const std::lock_guard lock(mutex_);
  keys_ = std::make_shared<const KeySet>(std::move(keys), signing_place(all, now));
  looked_at_ = now;
  return Done{};
}

// One thread looks again; the others go on with what is known meanwhile.
std::shared_ptr<const KeySet> SigningKeys::looked_at_within(std::chrono::microseconds age,
                                                            domain::Timestamp now) {
  {
    const std::lock_guard lock(mutex_);
    if (now.micros - looked_at_.micros < age.count()) return keys_;
    looked_at_ = now;
  }
  if (const auto loaded = load(now); !loaded) {
    spdlog::warn("the signing keys can't be looked at: {}", loaded.error().what);
  }
  const std::lock_guard lock(mutex_);
  return keys_;
}

std::shared_ptr<const KeySet> SigningKeys::current(domain::Timestamp now) {
  return looked_at_within(kKeysFreshFor, now);
}

std::shared_ptr<const KeySet> SigningKeys::having(std::string_view key_id, domain::Timestamp now) {
  {
    const std::lock_guard lock(mutex_);
    if (keys_->find(key_id) != nullptr) return keys_;
  }
  return looked_at_within(kUnknownKeyPause, now);
}

Stored<Done> SigningKeys::rotate(domain::Timestamp now) {
  for (int i = 0; i < kMaxTries; ++i) {
    std::uint64_t revision = 0;
    auto record = read(revision);
    if (!record) return Failure{record.error()};
    if (!record.value()) return corrupt("the signing keys are gone");
    const auto added = add_key(*std::move(record).value(), revision, now);
    if (added) return load(now);
    if (added.error().kind != StoreError::Kind::Conflict) return Failure{added.error()};
  }
  return Failure{StoreError{StoreError::Kind::Unavailable, "the signing keys keep changing"}};
}

}  // namespace cassette::api
