// SecurityLog: where sign-ins, refused attempts, changes of credentials and erasures are told to.
// It is no part of the ledger: what is here decides nothing, and goes after a while.
#pragma once

#include <string>

#include "domain/values.h"

namespace cassette::api {

// What happened, as auditors read it. Text that a client chose may be in any member: the log bounds
// and escapes it. No secret, token or password, and no personal data beyond the address.
struct SecurityEvent {
  domain::Timestamp at;
  // One of those that docs/openapi.yaml lists: "SignedIn", "SignInRefused", "TokenIssued",
  // "TokenRefused", "RefreshReused", "CodeReused", "TokenRevoked", "CredentialCreated",
  // "CredentialRevoked", "KeysRotated", "AccessRefused", "RateLimited", "CustomerErased",
  // "MasterKeyRotated", "EventsDropped".
  std::string type;
  std::string principal;      // who did it or tried to: "vendor:1580", "anonymous"
  std::string credential_id;  // whose it was or claimed to be; empty: none
  std::string address;        // the peer's, as text; empty: this machine's operator
  std::string request_id;     // empty: no request
  std::string detail;         // one sentence: the reason, or on what it was done

  bool operator==(const SecurityEvent&) const = default;
};

// Thread-safe.
class SecurityLog {
 public:
  virtual ~SecurityLog() = default;

  // Takes the event and returns at once. Never blocks, never fails: when events come faster than
  // they can be stored the surplus is counted, and the count is recorded.
  virtual void record(SecurityEvent event) = 0;
};

}  // namespace cassette::api
