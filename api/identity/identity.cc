// Identity: the parts, joined; and a token's way from an Authorization header to a Caller.
#include "api/identity/identity.h"

#include <simdjson.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "api/identity/access_tokens.h"
#include "api/identity/authorization.h"
#include "api/identity/client_authentication.h"
#include "api/identity/encoding.h"
#include "api/identity/grants.h"
#include "api/identity/ids.h"
#include "api/identity/jwt.h"
#include "api/identity/refused_tokens.h"
#include "api/identity/signing_keys.h"
#include "api/identity/single_flight.h"
#include "api/identity/token_cache.h"
#include "api/identity/token_service.h"

namespace cassette::api {
namespace {

using eventstore::Stored;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
// Between two removals of what is over. Nothing depends on when.
constexpr std::chrono::minutes kSweepEvery{10};

// The token of "Bearer <token>" (RFC 6750 §2.1); the scheme's case is of no matter.
std::optional<std::string_view> bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return std::nullopt;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = authorization[i];
    if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != kScheme[i]) return std::nullopt;
  }
  const std::string_view token = authorization.substr(kScheme.size());
  if (token.find_first_of(" ,") != std::string_view::npos) return std::nullopt;
  return token;
}

// Who a token says it is of, unchecked: only to know by whose keys it is to be checked.
std::string claimed_issuer(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return {};
  if (token.size() > kMaxTokenBytes) return {};
  const auto payload = from_base64url(token.substr(first + 1, second - first - 1));
  simdjson::dom::parser parser;
  std::string_view issuer;
  if (!payload || parser.parse(*payload)["iss"].get(issuer) != simdjson::SUCCESS) return {};
  return std::string(issuer);
}

// Removes what is over, now and then, on a thread of its own.
class Sweeper {
 public:
  explicit Sweeper(Grants& grants)
      : grants_(grants), thread_([this](const std::stop_token& stop) { run(stop); }) {}

 private:
  void run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, stop, kSweepEvery, [&stop] { return stop.stop_requested(); })) {
      const auto swept = grants_.sweep(wall_clock(), stop);
      if (!swept) spdlog::warn("what is over stays in the bucket: {}", swept.error().what);
    }
  }

  Grants& grants_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace

struct Identity::Parts {
  Parts(eventstore::KeyValue& bucket, const SecretKey& root, Options options,
        std::unique_ptr<SigningKeys> signing_keys, SecurityLog& log)
      : issuer(std::move(options.issuer)),
        keys(std::move(signing_keys)),
        credentials(bucket),
        grants(bucket, root),
        hasher(options.hashing),
        tokens(issuer, *keys, credentials, grants),
        clients(credentials, hasher, log),
        service({credentials, grants, tokens, clients, log,
                 [this](const Revoked& what) { cache.revoke(what); }}),
        authorization(issuer, credentials, grants, hasher, log, root),
        sweeper(grants) {
    if (options.fetcher == nullptr) return;
    outside = std::make_unique<TrustedIssuers>(std::move(options.trusted), *options.fetcher);
  }

  using Checked = Result<std::shared_ptr<const CheckedToken>, TokenFault>;

  // `hit` is what the cache had.
  Checked look(std::string_view token, const std::optional<TokenCache::Hit>& hit,
               domain::Timestamp now);
  // The same, unless another thread just did it. Remembers what it finds.
  Checked look_and_keep(std::string_view token, const TokenDigest& digest,
                        const std::optional<TokenCache::Hit>& hit, domain::Timestamp now,
                        std::uint64_t epoch);
  Result<CheckedToken, TokenFault> check(std::string_view token, domain::Timestamp now);
  Result<CheckedToken, TokenFault> look_again(std::string_view token, const CheckedToken& checked,
                                              domain::Timestamp now);

  std::string issuer;
  std::unique_ptr<SigningKeys> keys;
  Credentials credentials;
  Grants grants;
  PasswordHasher hasher;
  AccessTokens tokens;
  ClientAuthentication clients;
  TokenCache cache;
  RefusedTokens refused;
  SingleFlight<Checked> looks;
  TokenService service;
  AuthorizationService authorization;
  std::unique_ptr<TrustedIssuers> outside;
  Sweeper sweeper;
};

// A token that is new here.
Result<CheckedToken, TokenFault> Identity::Parts::check(std::string_view token,
                                                        domain::Timestamp now) {
  if (outside) {
    const std::string claimed = claimed_issuer(token);
    if (claimed != issuer && outside->knows(claimed)) {
      auto caller = outside->check(token, claimed, now);
      if (!caller) return Failure{caller.error()};
      return CheckedToken{std::move(caller.value().caller), std::nullopt, caller.value().expires};
    }
  }
  auto claims = tokens.check(token, now);
  if (!claims) return Failure{claims.error()};
  if (auto valid = tokens.check_revoked(claims.value()); !valid) return Failure{valid.error()};
  const domain::Timestamp expires{(claims.value().expires + kClockSkew.count()) * kMicrosPerSecond};
  Caller caller = api::caller_of(claims.value());
  return CheckedToken{std::move(caller), std::move(claims).value(), expires};
}

// An outside issuer's is checked anew: its keys may be others by now.
Result<CheckedToken, TokenFault> Identity::Parts::look_again(std::string_view token,
                                                             const CheckedToken& checked,
                                                             domain::Timestamp now) {
  if (!checked.claims) return check(token, now);
  if (auto valid = tokens.check_revoked(*checked.claims); !valid) return Failure{valid.error()};
  return checked;
}

Identity::Parts::Checked Identity::Parts::look(std::string_view token,
                                               const std::optional<TokenCache::Hit>& hit,
                                               domain::Timestamp now) {
  auto checked = hit ? look_again(token, *hit->token, now) : check(token, now);
  if (!checked) return Failure{checked.error()};
  return std::make_shared<const CheckedToken>(std::move(checked).value());
}

Identity::Parts::Checked Identity::Parts::look_and_keep(std::string_view token,
                                                        const TokenDigest& digest,
                                                        const std::optional<TokenCache::Hit>& hit,
                                                        domain::Timestamp now,
                                                        std::uint64_t epoch) {
  // One that is due is ours to look at, and fresh for everybody else.
  if (!hit || hit->state == TokenCache::State::Stale) {
    const auto since = cache.find(token, now);
    if (since && since->state == TokenCache::State::Fresh) return since->token;
  }
  auto checked = look(token, hit, now);
  if (checked) {
    cache.put(token, checked.value(), now, epoch);
  } else if (checked.error() != TokenFault::Unavailable) {
    cache.remove(token);
    refused.put(digest, checked.error(), now);
  }
  return checked;
}

Identity::Identity(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Identity::~Identity() = default;

Stored<std::unique_ptr<Identity>> Identity::open(eventstore::KeyValue& bucket, Keyring& keyring,
                                                 Options options, SecurityLog& log) {
  auto keys = SigningKeys::open(bucket, keyring, wall_clock());
  if (!keys) return Failure{keys.error()};
  return std::unique_ptr<Identity>(new Identity(std::make_unique<Parts>(
      bucket, keyring.signing_root(), std::move(options), std::move(keys).value(), log)));
}

Result<Caller, TokenFault> Identity::caller_of(std::string_view authorization,
                                               domain::Timestamp now,
                                               const std::function<bool()>& may_check) {
  if (authorization.empty()) return anonymous_caller();
  const auto token = bearer_token(authorization);
  if (!token) return Failure{TokenFault::Malformed};
  const auto hit = parts_->cache.find(*token, now);
  if (hit && hit->state == TokenCache::State::Fresh) return hit->token->caller;
  const TokenDigest digest = digest_of(*token);
  if (const auto fault = hit ? std::nullopt : parts_->refused.find(digest, now)) {
    return Failure{*fault};
  }
  if (!hit && may_check && !may_check()) return Failure{TokenFault::Unchecked};
  // Who comes after a revocation does not wait for a look from before it.
  const std::uint64_t epoch = parts_->cache.epoch();
  const std::string flight = std::string(digest.begin(), digest.end()) + std::to_string(epoch);
  const auto checked = parts_->looks.run(
      flight, [&] { return parts_->look_and_keep(*token, digest, hit, now, epoch); });
  if (checked) return checked.value()->caller;
  // It was valid seconds ago, and whether it still is can be found out until it is stale.
  const bool may_wait =
      checked.error() == TokenFault::Unavailable && hit && hit->state == TokenCache::State::Due;
  if (may_wait) return hit->token->caller;
  return Failure{checked.error()};
}

void Identity::set_issuer(std::string issuer) {
  parts_->issuer = std::move(issuer);
  parts_->refused.clear();
}
const std::string& Identity::issuer() const {
  return parts_->issuer;
}
Credentials& Identity::credentials() {
  return parts_->credentials;
}
SigningKeys& Identity::signing_keys() {
  return *parts_->keys;
}
TokenService& Identity::tokens() {
  return parts_->service;
}
AuthorizationService& Identity::authorization() {
  return parts_->authorization;
}
PasswordHasher& Identity::hasher() {
  return parts_->hasher;
}

}  // namespace cassette::api
