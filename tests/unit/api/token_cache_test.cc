// What is remembered of tokens: the bounds, what a revocation removes, and who looks for whom.
#include "api/identity/token_cache.h"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "api/identity/refused_tokens.h"
#include "api/identity/single_flight.h"

namespace cassette::api {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr domain::Timestamp kNow{1'800'000'000 * kSecond};

domain::Timestamp after(std::int64_t micros) {
  return {kNow.micros + micros};
}

std::shared_ptr<const CheckedToken> checked(std::string token_id = {}, std::string family = {}) {
  CheckedToken token;
  token.claims.emplace();
  token.claims->token_id = std::move(token_id);
  token.claims->family_id = std::move(family);
  token.expires = after(600 * kSecond);
  return std::make_shared<const CheckedToken>(std::move(token));
}

std::string token(std::size_t number) {
  return "token-" + std::to_string(number);
}

}  // namespace

// The newest went first: a token in use was checked anew at each request, and one that nobody used
// any more stayed.
TEST_CASE("a full cache forgets what was looked at longest ago") {
  constexpr std::size_t kMany = 2 * TokenCache::kEntries;
  constexpr std::size_t kLast = 1'000;
  TokenCache cache;
  cache.put("in use", checked(), kNow, cache.epoch());
  for (std::size_t i = 0; i < kMany; ++i) {
    const domain::Timestamp now = after(static_cast<std::int64_t>(i));
    cache.put(token(i), checked(), now, cache.epoch());
    if (i % 1'000 == 0) cache.put("in use", checked(), now, cache.epoch());
  }
  CHECK(cache.size() <= TokenCache::kEntries);
  CHECK(cache.find("in use", kNow));
  std::size_t there = 0;
  for (std::size_t i = kMany - kLast; i < kMany; ++i)
    there += cache.find(token(i), kNow).has_value();
  CHECK(there == kLast);
  CHECK_FALSE(cache.find(token(0), kNow));
}

// Whoever revoked tokens of their own, again and again, had all others' looked at at each request.
TEST_CASE("a revocation removes what it names, and leaves the rest as it was") {
  TokenCache cache;
  cache.put("a", checked("jti-a", "family-1"), kNow, cache.epoch());
  cache.put("b", checked("jti-b", "family-1"), kNow, cache.epoch());
  cache.put("c", checked("jti-c", "family-2"), kNow, cache.epoch());
  cache.put("client", checked("jti-d"), kNow, cache.epoch());
  CheckedToken outside;
  outside.expires = after(600 * kSecond);
  cache.put("outside", std::make_shared<const CheckedToken>(outside), kNow, cache.epoch());
  cache.revoke({.token_id = {}, .family_id = "family-1"});
  cache.revoke({.token_id = "jti-c", .family_id = {}});
  cache.revoke({.token_id = {}, .family_id = {}});
  for (const char* gone : {"a", "b", "c"}) CHECK_FALSE(cache.find(gone, kNow));
  for (const char* left : {"client", "outside"}) {
    const auto hit = cache.find(left, kNow);
    REQUIRE(hit);
    CHECK(hit->state == TokenCache::State::Fresh);
  }
}

TEST_CASE("what was looked at before a revocation is not kept after it") {
  TokenCache cache;
  const std::uint64_t before = cache.epoch();
  cache.put("known", checked("jti-1"), kNow, before);
  REQUIRE(cache.find("known", after(3 * kSecond))->state == TokenCache::State::Due);
  cache.revoke({.token_id = "jti-2", .family_id = {}});
  cache.put("new", checked("jti-2"), after(3 * kSecond), before);
  cache.put("known", checked("jti-1"), after(3 * kSecond), before);
  CHECK_FALSE(cache.find("new", after(3 * kSecond)));
  // That look is lost, and another one is due.
  CHECK(cache.find("known", after(3 * kSecond))->state == TokenCache::State::Due);
}

TEST_CASE("a refused token is refused for seconds, without the token being kept") {
  RefusedTokens refused;
  const TokenDigest junk = digest_of("junk");
  CHECK_FALSE(refused.find(junk, kNow));
  refused.put(junk, TokenFault::Expired, kNow);
  CHECK(refused.find(junk, after(2 * kSecond)) == TokenFault::Expired);
  CHECK_FALSE(refused.find(digest_of("junk "), kNow));
  CHECK_FALSE(refused.find(junk, after(3 * kSecond)));
  CHECK_FALSE(refused.find(junk, after(-1)));
  refused.clear();
  CHECK_FALSE(refused.find(junk, kNow));
}

TEST_CASE("of those who want the same at once one works, and all have what it found") {
  SingleFlight<int> flights;
  std::atomic<int> at_once{0};
  std::atomic<bool> alone{true};
  std::atomic<bool> right{true};
  const auto work = [&] {
    if (++at_once > 1) alone = false;
    for (int i = 0; i < 50; ++i) std::this_thread::yield();
    --at_once;
    return 7;
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 200; ++n) {
          if (flights.run("key", work) != 7) right = false;
        }
      });
    }
  }
  CHECK(alone);
  CHECK(right);
}

TEST_CASE("a flight that fails is over") {
  SingleFlight<int> flights;
  CHECK_THROWS_AS(flights.run("key", []() -> int { throw std::runtime_error("no"); }),
                  std::runtime_error);
  CHECK(flights.run("key", [] { return 1; }) == 1);
  CHECK(flights.run("key", [] { return 2; }) == 2);
}

}  // namespace cassette::api
