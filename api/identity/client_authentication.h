// Client authentication: whether a program is the client that it says it is. Source: OAuth 2.1
// §2.4. A client that never was takes as long to refuse as one whose secret is wrong.
#pragma once

#include <optional>
#include <string>

#include "api/identity/credentials.h"
#include "api/identity/oauth_error.h"
#include "api/identity/passwords.h"
#include "api/identity/security_log.h"

namespace cassette::api {

// What a client shows of itself.
struct ClientProof {
  std::string client_id;
  std::optional<std::string> secret;
};

// Thread-safe. Blocks for a hash and round trips to the bucket.
class ClientAuthentication {
 public:
  // All outlive it.
  ClientAuthentication(Credentials& credentials, PasswordHasher& hasher, SecurityLog& log)
      : credentials_(credentials), hasher_(hasher), log_(log) {}

  // The client. One without a secret of its own is taken at its word, and may do only what needs
  // no secret. Temporarily unavailable when too many are being hashed.
  Granted<Credential> authenticate(const ClientProof& proof, const Origin& origin);

 private:
  Failure<OAuthError> refuse_client(const ClientProof& proof, const Origin& origin,
                                    std::string_view why);

  Credentials& credentials_;
  PasswordHasher& hasher_;
  SecurityLog& log_;
};

// The bucket failed: logged, and temporarily unavailable.
Failure<OAuthError> refuse_store(const eventstore::StoreError& error);

}  // namespace cassette::api
