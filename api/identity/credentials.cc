// Credentials: JSON records `cred.<id>`, changed by compare-and-set.
#include "api/identity/credentials.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "api/identity/encoding.h"
#include "domain/check.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Stored;
using eventstore::StoreError;

constexpr std::string_view kPrefix = "cred.";
constexpr std::size_t kSecretBytes = 32;
// A record is changed by people, one at a time; whoever loses this often meets a broken bucket.
constexpr int kMaxTries = 10;

std::string key_of(std::string_view id) {
  return std::string(kPrefix).append(id);
}

Stored<Credential> read(std::string_view id, const std::string& json) {
  Credential credential;
  if (eventstore::read_json(json, credential) && credential.id == id) return credential;
  return Failure{StoreError{StoreError::Kind::Corrupt,
                            "the credential " + std::string(id) + " is unreadable"}};
}

}  // namespace

std::string random_secret() {
  std::array<std::uint8_t, kSecretBytes> bytes;
  randombytes_buf(bytes.data(), bytes.size());
  return base64url(bytes);
}

std::string principal_of(const Credential& credential) {
  std::string principal(name_of(credential.role));
  switch (credential.role) {
    case domain::Role::Administrator:
    case domain::Role::System:
      return principal;
    case domain::Role::Vendor:
      return principal + ':' + (credential.vendor_id ? credential.vendor_id->value : "");
    case domain::Role::Customer:
      return principal + ':' + (credential.customer_id ? credential.customer_id->value : "");
    case domain::Role::Auditor:
    case domain::Role::Service:
      return principal + ':' + credential.id;
  }
  return principal;
}

Caller caller_of(const Credential& credential) {
  Caller caller;
  caller.role = credential.role;
  caller.principal = principal_of(credential);
  caller.vendor_id = credential.vendor_id;
  caller.customer_id = credential.customer_id;
  caller.credential_id = credential.id;
  caller.scopes = credential.scopes;
  return caller;
}

Stored<std::optional<Credential>> Credentials::find(std::string_view id) {
  if (!domain::valid_id(id)) return std::optional<Credential>();
  const auto entry = bucket_.get(key_of(id));
  if (!entry) return Failure{entry.error()};
  if (!entry.value()) return std::optional<Credential>();
  auto credential = read(id, entry.value()->value);
  if (!credential) return Failure{credential.error()};
  return std::optional(std::move(credential).value());
}

Stored<Done> Credentials::create(const Credential& credential) {
  CASSETTE_CHECK(domain::valid_id(credential.id));
  const auto created = bucket_.create(key_of(credential.id), eventstore::to_json(credential));
  if (!created) return Failure{created.error()};
  return Done{};
}

Stored<bool> Credentials::revoke(std::string_view id, domain::Timestamp now) {
  if (!domain::valid_id(id)) return false;
  for (int i = 0; i < kMaxTries; ++i) {
    const auto entry = bucket_.get(key_of(id));
    if (!entry) return Failure{entry.error()};
    if (!entry.value()) return false;
    auto credential = read(id, entry.value()->value);
    if (!credential) return Failure{credential.error()};
    if (credential.value().revoked_at) return true;
    credential.value().revoked_at = now;
    const auto updated = bucket_.update(key_of(id), eventstore::to_json(credential.value()),
                                        entry.value()->revision);
    if (updated) return true;
    if (updated.error().kind != StoreError::Kind::Conflict) return Failure{updated.error()};
  }
  return Failure{StoreError{StoreError::Kind::Unavailable,
                            "the credential " + std::string(id) + " keeps changing"}};
}

Stored<std::vector<Credential>> Credentials::list() {
  auto keys = bucket_.names();
  if (!keys) return Failure{keys.error()};
  std::vector<Credential> all;
  for (const std::string& key : keys.value()) {
    if (!key.starts_with(kPrefix)) continue;
    auto credential = find(std::string_view(key).substr(kPrefix.size()));
    if (!credential) return Failure{credential.error()};
    if (credential.value()) all.push_back(*std::move(credential).value());
  }
  std::ranges::sort(all, {}, &Credential::id);
  return all;
}

}  // namespace cassette::api
