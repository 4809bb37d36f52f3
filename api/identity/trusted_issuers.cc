// Trusted issuers: discovery, the JWK set, and the claims that make a Caller.
#include "api/identity/trusted_issuers.h"

#include <simdjson.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <mutex>

#include "api/identity/credentials.h"
#include "api/identity/jwk.h"
#include "api/identity/jwt.h"
#include "api/identity/scopes.h"
#include "eventstore/json_read.h"

namespace cassette::api {
namespace {

using Keys = std::vector<PublicJwk>;

constexpr std::string_view kDiscovery = "/.well-known/openid-configuration";
// How long fetched keys are taken as they are, and how long when they can't be fetched again.
constexpr std::chrono::hours kFreshFor{1};
constexpr std::chrono::hours kUsableFor{24};
// Between two attempts to fetch: what a flood of unknown key ids can make us ask.
constexpr std::chrono::seconds kPause{30};
// Of one issuer; more are not looked at.
constexpr std::size_t kMaxKeys = 100;
// Of a `sub` that stands in a principal.
constexpr std::size_t kMaxSubjectBytes = 64;

bool younger(domain::Timestamp time, std::chrono::microseconds age, domain::Timestamp now) {
  return now.micros - time.micros < age.count();
}

struct Discovery {
  std::string issuer;
  std::string jwks_uri;

  static void fields(auto& self, auto&& visit) {
    visit("issuer", self.issuer);
    visit("jwks_uri", self.jwks_uri);
  }
};

struct OutsideClaims {
  std::string subject, role, scope;
  std::optional<domain::VendorId> vendor_id;
  std::optional<domain::CustomerId> customer_id;
  double expires = 0;

  static void fields(auto& self, auto&& visit) {
    visit("sub", self.subject);
    visit("role", self.role);
    visit("scope", self.scope);
    visit("vendor_id", self.vendor_id);
    visit("customer_id", self.customer_id);
    visit("exp", self.expires);
  }
};

// Keys of kinds that we don't know are passed over: a set may have them for others.
std::optional<Keys> parse_keys(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::array all;
  if (parser.parse(json)["keys"].get(all) != simdjson::SUCCESS) return std::nullopt;
  Keys keys;
  for (const simdjson::dom::element each : all) {
    if (keys.size() == kMaxKeys) break;
    if (auto key = PublicJwk::parse(simdjson::minify(each))) keys.push_back(*std::move(key));
  }
  return keys;
}

bool valid_subject(std::string_view subject) {
  return !subject.empty() && subject.size() <= kMaxSubjectBytes &&
         std::ranges::all_of(subject, [](char c) { return c > ' ' && c < '\x7f'; });
}

// A role that must be bound is, to one id; and nobody from outside is an administrator.
std::optional<Credential> credential_of(const OutsideClaims& claims, std::string_view issuer) {
  const auto role = enum_named<domain::Role>(claims.role);
  if (!role || !valid_subject(claims.subject)) return std::nullopt;
  Credential credential;
  credential.id = std::string(issuer).append(1, '#').append(claims.subject);
  credential.role = *role;
  credential.scopes = narrowed_by(claims.scope);
  switch (*role) {
    case domain::Role::Vendor:
      if (!claims.vendor_id || !domain::valid_id(claims.vendor_id->value)) return std::nullopt;
      credential.vendor_id = claims.vendor_id;
      return credential;
    case domain::Role::Customer:
      if (!claims.customer_id || !domain::valid_id(claims.customer_id->value)) return std::nullopt;
      credential.customer_id = claims.customer_id;
      return credential;
    case domain::Role::Auditor:
    case domain::Role::Service:
      return credential;
    case domain::Role::Administrator:
    case domain::Role::System:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

// One issuer and what is known of its keys.
class TrustedIssuers::Issuer {
 public:
  Issuer(TrustedIssuer issuer, Fetcher& fetcher) : issuer_(std::move(issuer)), fetcher_(fetcher) {}

  const TrustedIssuer& issuer() const { return issuer_; }

  // Nothing when they were never fetched, or too long ago.
  std::shared_ptr<const Keys> keys(domain::Timestamp now) {
    {
      const std::lock_guard lock(mutex_);
      if (keys_ && younger(fetched_at_, kFreshFor, now)) return keys_;
    }
    refresh(now);
    const std::lock_guard lock(mutex_);
    return keys_ && younger(fetched_at_, kUsableFor, now) ? keys_ : nullptr;
  }

  // Once in `kPause` at most, and by one thread: others go on with what is known.
  void refresh(domain::Timestamp now) {
    {
      const std::lock_guard lock(mutex_);
      if (tried_at_ && younger(*tried_at_, kPause, now)) return;
      tried_at_ = now;
    }
    auto fetched = fetch();
    if (!fetched) {
      spdlog::warn("the keys of {} can't be fetched: {}", issuer_.url, fetched.error());
      return;
    }
    const std::lock_guard lock(mutex_);
    keys_ = std::make_shared<const Keys>(std::move(fetched).value());
    fetched_at_ = now;
  }

 private:
  Result<Keys, std::string> fetch() {
    std::string_view base = issuer_.url;
    if (base.ends_with('/')) base.remove_suffix(1);
    const auto document = fetcher_.get(std::string(base).append(kDiscovery));
    if (!document) return Failure{document.error()};
    Discovery discovery;
    if (!eventstore::read_json(document.value(), discovery)) {
      return Failure{std::string("its discovery document is unreadable")};
    }
    if (discovery.issuer != issuer_.url) {
      return Failure{"its discovery document is of another issuer, " + discovery.issuer};
    }
    const auto set = fetcher_.get(discovery.jwks_uri);
    if (!set) return Failure{set.error()};
    auto keys = parse_keys(set.value());
    if (!keys) return Failure{std::string("its keys are unreadable")};
    return *std::move(keys);
  }

  const TrustedIssuer issuer_;
  Fetcher& fetcher_;
  std::mutex mutex_;
  std::shared_ptr<const Keys> keys_;
  domain::Timestamp fetched_at_;
  std::optional<domain::Timestamp> tried_at_;
};

namespace {

// A token without a key id is of the only key that there is.
const PublicJwk* find_key(const Keys& keys, std::string_view key_id) {
  if (key_id.empty()) return keys.size() == 1 ? &keys.front() : nullptr;
  const auto found = std::ranges::find(keys, key_id, &PublicJwk::key_id);
  return found == keys.end() ? nullptr : &*found;
}

}  // namespace

TrustedIssuers::TrustedIssuers(std::vector<TrustedIssuer> issuers, Fetcher& fetcher) {
  for (TrustedIssuer& issuer : issuers) {
    issuers_.push_back(std::make_unique<Issuer>(std::move(issuer), fetcher));
  }
}

TrustedIssuers::~TrustedIssuers() = default;

bool TrustedIssuers::knows(std::string_view issuer) const {
  return std::ranges::any_of(issuers_,
                             [&](const auto& each) { return each->issuer().url == issuer; });
}

Result<OutsideCaller, TokenFault> TrustedIssuers::check(std::string_view token,
                                                        std::string_view issuer,
                                                        domain::Timestamp now) {
  const auto found = std::ranges::find_if(
      issuers_, [&](const auto& each) { return each->issuer().url == issuer; });
  if (found == issuers_.end()) return Failure{TokenFault::Invalid};
  Issuer& trusted = **found;
  auto keys = trusted.keys(now);
  if (!keys) return Failure{TokenFault::Unavailable};
  const auto key = [&](std::string_view key_id) {
    const PublicJwk* known = find_key(*keys, key_id);
    if (known != nullptr) return known;
    trusted.refresh(now);
    if (auto again = trusted.keys(now)) keys = std::move(again);
    return find_key(*keys, key_id);
  };
  // Any type: what tells an access token from an ID token is the audience.
  const auto json =
      check_jwt(token, {{}, trusted.issuer().url, trusted.issuer().audience, now, key});
  if (!json) {
    return Failure{json.error() == JwtFault::Expired ? TokenFault::Expired : TokenFault::Invalid};
  }
  OutsideClaims claims;
  if (!eventstore::read_json(json.value(), claims)) return Failure{TokenFault::Invalid};
  const auto credential = credential_of(claims, trusted.issuer().url);
  if (!credential) return Failure{TokenFault::Invalid};
  constexpr double kMicrosPerSecond = 1e6;
  const double expires = claims.expires + static_cast<double>(kClockSkew.count());
  return OutsideCaller{caller_of(*credential),
                       {static_cast<std::int64_t>(expires * kMicrosPerSecond)}};
}

}  // namespace cassette::api
