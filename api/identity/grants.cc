// Grants: records `code.<id>`, `family.<id>` and `denied.<jti>`. The ids are UUIDv7, so that the
// name of a record says when it is over.
#include "api/identity/grants.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "api/identity/credentials.h"
#include "api/identity/encoding.h"
#include "api/identity/ids.h"
#include "api/identity/signing_keys.h"
#include "domain/check.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Stored;
using eventstore::StoreError;

constexpr std::string_view kCode = "code.";
constexpr std::string_view kFamily = "family.";
constexpr std::string_view kDenied = "denied.";
constexpr std::size_t kUuidLength = 36;
constexpr int kMaxTries = 10;
// A clock of another process may be so much behind.
constexpr std::chrono::minutes kSweepMargin{2};

std::int64_t micros(auto duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

domain::Timestamp after(domain::Timestamp time, auto duration) {
  return {time.micros + micros(duration)};
}

// Of the secrets here, which are random, so that a fast hash does.
std::string hash_of(std::string_view secret) {
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256(hash.data(), bytes_of(secret).data(), secret.size());
  return base64url(hash);
}

bool same(std::string_view a, std::string_view b) {
  return !a.empty() && a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool is_uuid(std::string_view text) {
  return text.size() == kUuidLength && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
         });
}

// When a UUIDv7 was made; nothing for what is none.
std::optional<domain::Timestamp> time_of(std::string_view uuid) {
  if (!is_uuid(uuid)) return std::nullopt;
  std::int64_t millis = 0;
  for (const char c : uuid.substr(0, 13)) {
    if (c == '-') continue;
    millis = millis * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return domain::Timestamp{millis * 1000};
}

// Whether the record of this name is over; never for records that are not ours.
bool is_over(std::string_view key, domain::Timestamp now) {
  const auto over = [&](std::string_view prefix, auto lifetime) {
    if (!key.starts_with(prefix)) return false;
    const auto made = time_of(key.substr(prefix.size()));
    return made && after(after(*made, lifetime), kSweepMargin) < now;
  };
  return over(kCode, kCodeRemembered) || over(kDenied, kTokenLifetime) ||
         over(kFamily, kFamilyLifetime);
}

std::string join(std::string_view prefix, std::string_view id) {
  return std::string(prefix).append(id);
}

Failure<StoreError> unreadable(const std::string& key) {
  return Failure{StoreError{StoreError::Kind::Corrupt, key + " is unreadable"}};
}

bool is_conflict(const StoreError& error) {
  return error.kind == StoreError::Kind::Conflict;
}

SecretKey subkey(const SecretKey& root) {
  SecretKey key;
  crypto_kdf_derive_from_key(key.data(), key.size(), 1, "identity", root.data());
  return key;
}

template <class Record>
Stored<std::optional<FoundGrant<Record>>> read(eventstore::KeyValue& bucket,
                                               std::string_view prefix, std::string_view id) {
  const std::string key = join(prefix, id);
  const auto entry = bucket.get(key);
  if (!entry) return Failure{entry.error()};
  if (!entry.value()) return std::optional<FoundGrant<Record>>();
  FoundGrant<Record> found;
  found.id = id;
  found.revision = entry.value()->revision;
  if (!eventstore::read_json(entry.value()->value, found.record)) return unreadable(key);
  return std::optional(std::move(found));
}

// By the sealed text `<id><secret>`.
template <class Record>
Stored<std::optional<FoundGrant<Record>>> find(eventstore::KeyValue& bucket, const Signer& signer,
                                               std::string_view prefix, std::string_view text,
                                               domain::Timestamp now) {
  const auto opened = signer.open_cursor(text, prefix, now);
  if (!opened || opened->size() <= kUuidLength) return std::optional<FoundGrant<Record>>();
  const std::string_view whole = *opened;
  auto found = read<Record>(bucket, prefix, whole.substr(0, kUuidLength));
  if (!found || !found.value()) return found;
  FoundGrant<Record>& grant = *found.value();
  grant.secret_matches = same(grant.record.secret_hash, hash_of(whole.substr(kUuidLength)));
  return found;
}

}  // namespace

Grants::Grants(eventstore::KeyValue& bucket, const SecretKey& root)
    : bucket_(bucket), signer_(subkey(root)) {}

Stored<std::string> Grants::make_code(AuthorizationCode code, domain::Timestamp now) {
  const std::string id = uuid_v7(now);
  const std::string secret = random_secret();
  code.secret_hash = hash_of(secret);
  code.expires_at = after(now, kCodeLifetime);
  const auto created = bucket_.create(join(kCode, id), eventstore::to_json(code));
  if (!created) return Failure{created.error()};
  return signer_.seal_cursor(id + secret, kCode, after(now, kCodeRemembered));
}

Found<AuthorizationCode> Grants::find_code(std::string_view text, domain::Timestamp now) {
  return find<AuthorizationCode>(bucket_, signer_, kCode, text, now);
}

Stored<bool> Grants::use_code(const FoundGrant<AuthorizationCode>& code,
                              std::string_view family_id) {
  AuthorizationCode used = code.record;
  used.family_id = family_id;
  const auto written =
      bucket_.update(join(kCode, code.id), eventstore::to_json(used), code.revision);
  if (written) return true;
  if (is_conflict(written.error())) return false;
  return Failure{written.error()};
}

Stored<std::optional<std::string>> Grants::open_family(Family family, bool refreshable) {
  const std::string secret = refreshable ? random_secret() : std::string();
  family.secret_hash = refreshable ? hash_of(secret) : std::string();
  const auto created = bucket_.create(join(kFamily, family.id), eventstore::to_json(family));
  if (!created && is_conflict(created.error())) return std::optional<std::string>();
  if (!created) return Failure{created.error()};
  if (!refreshable) return std::optional<std::string>("");
  return std::optional(signer_.seal_cursor(family.id + secret, kFamily, family.expires_at));
}

Found<Family> Grants::find_refresh(std::string_view token, domain::Timestamp now) {
  return find<Family>(bucket_, signer_, kFamily, token, now);
}

Stored<std::optional<std::string>> Grants::rotate(const FoundGrant<Family>& family) {
  const std::string secret = random_secret();
  Family next = family.record;
  next.secret_hash = hash_of(secret);
  const auto written =
      bucket_.update(join(kFamily, family.id), eventstore::to_json(next), family.revision);
  if (!written && is_conflict(written.error())) return std::optional<std::string>();
  if (!written) return Failure{written.error()};
  return std::optional(signer_.seal_cursor(family.id + secret, kFamily, next.expires_at));
}

Stored<std::optional<Family>> Grants::find_family(std::string_view id) {
  if (!is_uuid(id)) return std::optional<Family>();
  auto found = read<Family>(bucket_, kFamily, id);
  if (!found) return Failure{found.error()};
  if (!found.value()) return std::optional<Family>();
  return std::optional(std::move(found.value()->record));
}

Stored<Done> Grants::revoke_family(std::string_view id, domain::Timestamp now) {
  if (!is_uuid(id)) return Done{};  // of a code that was spoilt
  const std::string key = join(kFamily, id);
  for (int i = 0; i < kMaxTries; ++i) {
    auto found = read<Family>(bucket_, kFamily, id);
    if (!found) return Failure{found.error()};
    Family family;
    family.id = id;
    if (found.value()) family = found.value()->record;
    if (family.revoked_at) return Done{};
    family.revoked_at = now;
    family.secret_hash.clear();
    const std::string json = eventstore::to_json(family);
    const auto written = found.value() ? bucket_.update(key, json, found.value()->revision)
                                       : bucket_.create(key, json);
    if (written) return Done{};
    if (!is_conflict(written.error())) return Failure{written.error()};
  }
  return Failure{StoreError{StoreError::Kind::Unavailable, key + " keeps changing"}};
}

Stored<Done> Grants::deny(std::string_view token_id) {
  if (!is_uuid(token_id)) return Done{};
  const auto written = bucket_.put(join(kDenied, token_id), "{}");
  if (!written) return Failure{written.error()};
  return Done{};
}

Stored<bool> Grants::is_denied(std::string_view token_id) {
  if (!is_uuid(token_id)) return false;
  const auto entry = bucket_.get(join(kDenied, token_id));
  if (!entry) return Failure{entry.error()};
  return entry.value().has_value();
}

Stored<std::size_t> Grants::sweep(domain::Timestamp now, const std::stop_token& stop,
                                  std::size_t at_most) {
  const auto keys = bucket_.names();
  if (!keys) return Failure{keys.error()};
  std::size_t swept = 0;
  for (const std::string& key : keys.value()) {
    if (swept >= at_most || stop.stop_requested()) break;
    if (!is_over(key, now)) continue;
    if (const auto gone = bucket_.forget(key); !gone) return Failure{gone.error()};
    ++swept;
  }
  return swept;
}

}  // namespace cassette::api
