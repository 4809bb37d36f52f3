// Trusted issuers: tokens of other OpenID Connect providers, believed by the keys that the provider
// publishes. Sources: OpenID Connect Discovery 1.0 §4, RFC 8414, RFC 7517. A token from outside is
// never an administrator's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/identity/caller.h"
#include "api/identity/token_fault.h"
#include "domain/result.h"
#include "domain/values.h"

namespace cassette::api {

struct TrustedIssuer {
  std::string url;       // `iss`, exactly: https://…, or http:// of this machine
  std::string audience;  // among `aud`
};

// Gets a document over HTTPS; over plain HTTP from this machine only. Thread-safe.
class Fetcher {
 public:
  virtual ~Fetcher() = default;
  // The body of a 200, of `kMaxFetchedBytes` at most; the failure is a sentence for the log. Blocks
  // for seconds. Follows no redirect.
  virtual Result<std::string, std::string> get(const std::string& url) = 0;
};

// The largest document that is read, in bytes: a set of a hundred keys is 50 KiB.
inline constexpr std::size_t kMaxFetchedBytes = 256 * 1024;

// A caller that an issuer vouches for, and until when.
struct OutsideCaller {
  Caller caller;
  domain::Timestamp expires;
};

// Thread-safe. Holds each issuer's keys for an hour; an unknown key id asks again, at most once in
// half a minute. Keys that can't be fetched again are believed for a day.
class TrustedIssuers {
 public:
  // `fetcher` outlives it.
  TrustedIssuers(std::vector<TrustedIssuer> issuers, Fetcher& fetcher);
  ~TrustedIssuers();

  // Whether tokens of this issuer are to be checked here. Doesn't block.
  bool knows(std::string_view issuer) const;

  // The caller that a token of `issuer`, one that is known, speaks for. Its claims `role`,
  // `vendor_id`, `customer_id` and `scope` say who that is: Invalid when they say nothing that can
  // be. Unavailable when the issuer's keys were never fetched. Blocks while they are.
  Result<OutsideCaller, TokenFault> check(std::string_view token, std::string_view issuer,
                                          domain::Timestamp now);

 private:
  class Issuer;
  std::vector<std::unique_ptr<Issuer>> issuers_;
};

}  // namespace cassette::api
