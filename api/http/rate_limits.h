// RateLimits: how many requests whoever asks may make: each credential, and each address of those
// who show none; reads, writes, sign-ins and uses of tokens apart. Says so in the headers of
// draft-ietf-httpapi-ratelimit-headers-10. It counts nothing itself (api/identity/rate_limiter.h).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"
#include "api/identity/caller.h"
#include "api/identity/rate_limiter.h"
#include "api/identity/security_log.h"

namespace cassette::api {

enum class RateKind {
  Read,
  Write,
  SignIn,  // a password or a client's secret is tried for a token of its own
  Token,   // at /auth/ too: a code is redeemed; a token is refreshed, revoked or asked about
};

// The limits, with defaults that work: none for administrators, who import and repair, much for the
// programs of vendors and services, little for who shows no token. Whoever is at /auth/ is unknown
// until then, so only `anonymous` has those kinds, for the address. A sign-in counts once more for
// the name that is signed in with, wherever that is tried from: `kNameTimes` as many, so that no
// address alone can keep a name from signing in.
class RateRules {
 public:
  static constexpr std::uint32_t kNameTimes = 5;

  RateRules();

  // Takes "vendor.write=200:1000": 200 a second and 1,000 at once; "customer.read=50": as many at
  // once as a second; "anonymous.sign-in=off" or "=0": no limit. Otherwise what is wrong, in words.
  std::optional<std::string> set(std::string_view rule);

  const RateLimit& of(const Caller& caller, RateKind kind) const;
  // Of a name's sign-ins.
  RateLimit of_name() const;

 private:
  static constexpr std::size_t kKinds = 4;
  static constexpr std::size_t kNames = 6;  // admin, service, vendor, customer, auditor, anonymous
  std::array<std::array<RateLimit, kKinds>, kNames> limits_;
};

// What became of one request.
struct RateRuling {
  RateKind kind = RateKind::Read;
  RateLimit limit;  // unlimited: there is nothing to tell
  RateVerdict verdict;

  // RateLimit-Policy and RateLimit.
  void add_headers(Response& response) const;
};

// Thread-safe; bounded memory.
class RateLimits {
 public:
  // Null `log`: refusals are not recorded. It outlives this.
  RateLimits(const RateRules& rules, SecurityLog* log) : rules_(rules), log_(log) {}

  // Counts a request of `caller`. `path` is decoded. A token that names nobody is its address's.
  RateRuling take(const Request& request, std::string_view path, const Caller& caller,
                  domain::Timestamp now);

  // Whether the request's address has used up what it may without a token. Counts nothing.
  bool used_up(const Request& request, std::string_view path, domain::Timestamp now);

 private:
  RateVerdict take_sign_in(const Request& request, const RateLimit& limit, domain::Timestamp now);
  // Whose requests of a kind are counted together.
  static std::string bucket_of(const Request& request, const Caller& caller, RateKind kind);
  void record(const Request& request, const Caller& caller, const std::string& bucket,
              domain::Timestamp now);

  const RateRules rules_;
  SecurityLog* const log_;
  RateLimiter limiter_;
};

// The names that a request signs in with: the client's, by HTTP Basic or the form, and the form's
// `username`. A client that shows no secret has none: all its users share it. Read as the routes
// read them, so that no spelling is counted apart; a form that they refuse has none.
std::vector<std::string> signing_in_names(const Request& request);

}  // namespace cassette::api
