// Credentials: who may ask for tokens: programs (OAuth clients) and people who sign in, as records
// of the identity bucket. It keeps hashes, makes no token, and decides nothing about routes.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/identity/caller.h"
#include "domain/decision.h"
#include "domain/values.h"
#include "eventstore/key_value.h"

namespace cassette::api {

// Where all that identity keeps is: credentials, signing keys, codes, families, revoked tokens.
inline constexpr std::string_view kIdentityBucket = "cassette-identity";

// A client is a program that asks for tokens (OAuth 2.1 §2); a login is a person who signs in at
// /auth/authorize, with the credential's id as the user name.
enum class CredentialKind { Client, Login };

// What its tokens may do is `role`, on the one vendor or customer that it is bound to, and no more
// than `scopes` when there are any.
struct Credential {
  std::string id;  // a valid id; the client_id, or the name that a person signs in with
  CredentialKind kind = CredentialKind::Client;
  std::string name;         // for people who read the list
  std::string secret_hash;  // argon2id (passwords.h); empty: a client that can keep no secret
  // System: none of its own. Such a client only signs people in.
  domain::Role role = domain::Role::System;
  std::optional<domain::VendorId> vendor_id;
  std::optional<domain::CustomerId> customer_id;
  std::vector<std::string> scopes;         // "stock:write"; empty: all that the role may
  std::vector<std::string> redirect_uris;  // of a client that signs people in; see redirect_uri.h
  domain::Timestamp created_at;
  std::optional<domain::Timestamp> revoked_at;

  static void fields(auto& self, auto&& visit) {
    visit("id", self.id);
    visit("kind", self.kind);
    visit("name", self.name);
    visit("secretHash", self.secret_hash);
    visit("role", self.role);
    visit("vendorId", self.vendor_id);
    visit("customerId", self.customer_id);
    visit("scopes", self.scopes);
    visit("redirectUris", self.redirect_uris);
    visit("createdAt", self.created_at);
    visit("revokedAt", self.revoked_at);
  }
};

// 256 random bits as 43 characters: a client's secret, or a first password.
std::string random_secret();

// "admin", "vendor:1580", "customer:c-17", "auditor:<credential>", "service:<credential>".
std::string principal_of(const Credential& credential);

// The caller that a token of the credential speaks for, with the credential's own scopes.
Caller caller_of(const Credential& credential);

// Thread-safe. Every call blocks for round trips to the bucket.
class Credentials {
 public:
  // `bucket` outlives it.
  explicit Credentials(eventstore::KeyValue& bucket) : bucket_(bucket) {}

  // Nothing when there never was one of this id, or it is no id. A revoked one is found: look at
  // `revoked_at`. Corrupt when the record can't be read.
  eventstore::Stored<std::optional<Credential>> find(std::string_view id);

  // Conflict when the id is taken, also by a revoked one. `credential.id` is a valid id.
  eventstore::Stored<eventstore::Done> create(const Credential& credential);

  // For good; its tokens are refused within seconds, everywhere. False when there is none. Once
  // more is no error and keeps the first time.
  eventstore::Stored<bool> revoke(std::string_view id, domain::Timestamp now);

  // All of them, revoked ones too, by id. A round trip each: for people, not for requests.
  eventstore::Stored<std::vector<Credential>> list();

 private:
  eventstore::KeyValue& bucket_;
};

}  // namespace cassette::api

template <>
struct cassette::EnumNames<cassette::api::CredentialKind> {
  static constexpr std::array<std::string_view, 2> values{"client", "login"};
};
