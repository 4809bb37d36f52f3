// Identity: who asks. It joins credentials, signing keys, tokens and outside issuers, and turns the
// Authorization header of a request into a Caller. What a caller may do is decided elsewhere.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/identity/caller.h"
#include "api/identity/credentials.h"
#include "api/identity/keyring.h"
#include "api/identity/passwords.h"
#include "api/identity/security_log.h"
#include "api/identity/token_fault.h"
#include "api/identity/trusted_issuers.h"
#include "domain/result.h"
#include "eventstore/key_value.h"

namespace cassette::api {

class AuthorizationService;
class SigningKeys;
class TokenService;

// Thread-safe.
class Identity {
 public:
  struct Options {
    std::string issuer;                  // "http://127.0.0.1:8080", no slash at the end
    std::vector<TrustedIssuer> trusted;  // whose tokens are taken besides our own
    Fetcher* fetcher = nullptr;          // for their keys; null: none are trusted
    PasswordHasher::Options hashing{};
  };

  // Makes the first signing key when there is none. All that it is given outlives it.
  static eventstore::Stored<std::unique_ptr<Identity>> open(eventstore::KeyValue& bucket,
                                                            Keyring& keyring, Options options,
                                                            SecurityLog& log);
  ~Identity();
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  // The caller that an Authorization header names; anonymous for an empty one. A token seen before
  // costs a lookup, also one that was refused; one that is new, or was not looked at for seconds,
  // round trips to the bucket, by one thread while the others who show it wait.
  // `may_check` is asked about a token that was not seen lately: when it says no, that one is not
  // looked at. Empty: it may.
  Result<Caller, TokenFault> caller_of(std::string_view authorization, domain::Timestamp now,
                                       const std::function<bool()>& may_check = {});

  // Before serving, once the port is known: every token carries it.
  void set_issuer(std::string issuer);
  const std::string& issuer() const;

  Credentials& credentials();
  SigningKeys& signing_keys();
  TokenService& tokens();
  AuthorizationService& authorization();
  PasswordHasher& hasher();

 private:
  struct Parts;
  explicit Identity(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace cassette::api
