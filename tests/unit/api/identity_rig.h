// An identity in memory: a bucket, cheap hashes, a log that remembers, one client of each kind and
// a person. No server, no socket; time is what a test says.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "api/identity/authorization.h"
#include "api/identity/encoding.h"
#include "api/identity/identity.h"
#include "api/identity/ids.h"
#include "api/identity/signing_keys.h"
#include "api/identity/token_service.h"
#include "eventstore/memory_key_value.h"
#include "tests/unit/api/fakes.h"
#include "tests/unit/api/remembering_log.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::api {

// RFC 7636's own example.
inline constexpr std::string_view kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
inline constexpr std::string_view kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
inline constexpr std::string_view kRedirect = "https://shop.example/back";
inline constexpr std::string_view kTestIssuer = "http://127.0.0.1:8080";

struct IdentityRig {
  explicit IdentityRig(Identity::Options options = {}) {
    options.issuer = kTestIssuer;
    options.hashing.cost = {8192, 1};
    identity = Identity::open(bucket, *keyring, std::move(options), log).value();
    add_client("vendor-app", domain::Role::Vendor, {});
    add_client("shop", domain::Role::System, {std::string(kRedirect), "http://127.0.0.1/back"});
    add_client("other-shop", domain::Role::System, {"https://other.example/back"});
    Credential person;
    person.id = "anna";
    person.kind = CredentialKind::Login;
    person.secret_hash = hash("the password");
    person.role = domain::Role::Customer;
    person.customer_id = domain::CustomerId{"c-17"};
    REQUIRE(credentials().create(person).ok());
    Credential program;
    program.id = "phone";  // can keep no secret
    program.redirect_uris = {std::string(kRedirect)};
    REQUIRE(credentials().create(program).ok());
  }

  void add_client(std::string id, domain::Role role, std::vector<std::string> uris) {
    Credential client;
    client.id = std::move(id);
    client.secret_hash = hash("the secret");
    client.role = role;
    if (role == domain::Role::Vendor) client.vendor_id = domain::VendorId{"1580"};
    client.redirect_uris = std::move(uris);
    REQUIRE(credentials().create(client).ok());
  }

  Credentials& credentials() { return identity->credentials(); }
  std::string hash(std::string_view secret) { return *identity->hasher().hash(secret); }
  Origin origin() const { return {"192.0.2.7", "r-1", now}; }
  void pass(auto duration) {
    now.micros += std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  }

  static ClientProof proof(std::string client, std::string secret = "the secret") {
    return {std::move(client), std::move(secret)};
  }

  Granted<TokenAnswer> grant(const TokenRequest& request, const ClientProof& client) {
    return identity->tokens().grant(client, request, origin());
  }
  Granted<TokenAnswer> by_client(std::string scope = {}) {
    TokenRequest request;
    request.grant_type = "client_credentials";
    request.scope = std::move(scope);
    return grant(request, proof("vendor-app"));
  }

  AuthorizationRequest asking(std::string client = "shop") const {
    AuthorizationRequest request;
    request.response_type = "code";
    request.client_id = std::move(client);
    request.redirect_uri = kRedirect;
    request.scope = "openid offline_access";
    request.state = "a state & more";
    request.nonce = "n-1";
    request.challenge = kChallenge;
    request.method = "S256";
    return request;
  }
  // The URI that the browser is sent to after the sign-in.
  std::string signed_in(const AuthorizationRequest& request) {
    auto prompt = identity->authorization().check(request);
    REQUIRE(prompt.ok());
    auto uri = identity->authorization().sign_in(prompt.value(), "anna", "the password", origin());
    REQUIRE(uri.ok());
    return uri.value();
  }
  // The value of a parameter that needs no decoding.
  static std::string parameter(const std::string& uri, const std::string& name) {
    const std::size_t start = uri.find(name + "=");
    if (start == std::string::npos) return {};
    const std::size_t value = start + name.size() + 1;
    return uri.substr(value, uri.find('&', value) - value);
  }
  std::string code(const AuthorizationRequest& request) {
    return parameter(signed_in(request), "code");
  }
  static TokenRequest redeeming(std::string code) {
    TokenRequest request;
    request.grant_type = "authorization_code";
    request.code = std::move(code);
    request.redirect_uri = kRedirect;
    request.code_verifier = kVerifier;
    return request;
  }
  static TokenRequest refreshing(std::string token) {
    TokenRequest request;
    request.grant_type = "refresh_token";
    request.refresh_token = std::move(token);
    return request;
  }
  TokenAnswer sign_in(std::string scope = "openid offline_access") {
    AuthorizationRequest request = asking();
    request.scope = std::move(scope);
    auto answer = grant(redeeming(code(request)), proof("shop"));
    REQUIRE(answer.ok());
    return std::move(answer).value();
  }
  Result<Caller, TokenFault> caller(const std::string& token) {
    return identity->caller_of("Bearer " + token, now);
  }

  TemporaryFolder folder;
  eventstore::MemoryKeyValue bucket;
  std::unique_ptr<Keyring> keyring = Keyring::open(folder.path() / "master.key", bucket).value();
  RememberingLog log;
  // Now, since the first signing key is made by the wall clock.
  domain::Timestamp now = wall_clock();
  std::unique_ptr<Identity> identity;
};

// The code of a refusal; empty for a success.
template <class T>
std::string refusal(const Granted<T>& answer) {
  return answer ? "" : std::string(cassette::name_of(answer.error().code));
}

// The claims of a token, unchecked.
inline std::string claims_of(const std::string& token) {
  const std::size_t first = token.find('.') + 1;
  return *from_base64url(std::string_view(token).substr(first, token.rfind('.') - first));
}

}  // namespace cassette::api
