// Rate limits: bursts, refills, and names without number.
#include "api/identity/rate_limiter.h"

#include <doctest/doctest.h>

#include <string>

namespace cassette::api {
namespace {

domain::Timestamp at(double seconds) {
  return {1'800'000'000'000'000 + static_cast<std::int64_t>(seconds * 1e6)};
}

constexpr RateLimit kFive{5, 10};  // a second, and at once

// How many of `count` requests at that time are allowed.
int allowed(RateLimiter& limiter, const std::string& name, double seconds, int count) {
  int yes = 0;
  for (int i = 0; i < count; ++i) yes += limiter.take(name, kFive, at(seconds)).allowed ? 1 : 0;
  return yes;
}

}  // namespace

TEST_CASE("a burst is allowed, then as many as the rate has") {
  RateLimiter limiter;
  CHECK(allowed(limiter, "a", 0, 20) == 10);
  CHECK(allowed(limiter, "a", 0.1, 20) == 0);
  CHECK(allowed(limiter, "a", 1, 20) == 5);
  CHECK(allowed(limiter, "a", 100, 20) == 10);
  CHECK(allowed(limiter, "b", 0, 20) == 10);
}

TEST_CASE("a verdict says what is left, and when there is more") {
  RateLimiter limiter;
  RateVerdict verdict = limiter.take("a", kFive, at(0));
  CHECK(verdict.allowed);
  CHECK(verdict.remaining == 9);
  CHECK(verdict.reset_seconds == 1);
  CHECK(verdict.retry_seconds == 0);
  CHECK(allowed(limiter, "a", 0, 9) == 9);
  verdict = limiter.take("a", kFive, at(0));
  CHECK_FALSE(verdict.allowed);
  CHECK(verdict.remaining == 0);
  CHECK(verdict.reset_seconds == 2);
  CHECK(verdict.retry_seconds == 1);
  // A refused request does not put off the next one.
  CHECK(allowed(limiter, "a", 0.2, 1) == 1);
}

TEST_CASE("no limit refuses nothing") {
  RateLimiter limiter;
  for (int i = 0; i < 1'000; ++i) CHECK(limiter.take("a", {}, at(0)).allowed);
}

TEST_CASE("whether there is room is said without taking it") {
  RateLimiter limiter;
  CHECK(limiter.has_room("a", kFive, at(0)));
  CHECK(limiter.has_room("a", {}, at(0)));
  for (int i = 0; i < 10; ++i) {
    CHECK(limiter.has_room("a", kFive, at(0)));
    CHECK(limiter.take("a", kFive, at(0)).allowed);
  }
  CHECK_FALSE(limiter.has_room("a", kFive, at(0)));
  CHECK(limiter.has_room("b", kFive, at(0)));
  CHECK(limiter.has_room("a", kFive, at(0.2)));
}

TEST_CASE("a clock that goes back allows no more, and refuses nobody for good") {
  RateLimiter limiter;
  CHECK(allowed(limiter, "a", 100, 10) == 10);
  CHECK(allowed(limiter, "a", 0, 10) == 0);
  CHECK(allowed(limiter, "a", 1, 20) == 5);
}

// Their state filled the memory.
TEST_CASE("a million addresses take no more room, and free nobody who is blocked") {
  RateLimiter limiter;
  CHECK(allowed(limiter, "flood", 0, 11) == 10);
  for (int i = 0; i < 1'000'000; ++i) limiter.take("addr:" + std::to_string(i), kFive, at(0));
  CHECK(allowed(limiter, "flood", 0, 5) == 0);
}

}  // namespace cassette::api
