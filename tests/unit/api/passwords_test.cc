// Passwords: what is kept tells nothing, and a flood is turned away.
#include "api/identity/passwords.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace cassette::api {
namespace {

// As little as argon2id takes.
constexpr HashCost kCheap{8 * 1024, 1};

}  // namespace

TEST_CASE("a password matches what was kept of it, and no other does") {
  PasswordHasher hasher({2, 16, kCheap});
  const std::string kept = hasher.hash("correct horse").value();
  CHECK(kept.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
  CHECK(kept.find("horse") == std::string::npos);
  CHECK(hasher.hash("correct horse").value() != kept);
  CHECK(hasher.matches("correct horse", kept).value());
  CHECK_FALSE(hasher.matches("correct horsf", kept).value());
  CHECK_FALSE(hasher.matches("", kept).value());
  CHECK_FALSE(hasher.matches("correct horse", "").value());
  CHECK_FALSE(hasher.matches("correct horse", "nonsense").value());
  CHECK_FALSE(hasher.matches(std::string(kMaxPasswordBytes + 1, 'x'), kept).value());
}

TEST_CASE("who would have to wait behind too many is turned away, and all others are served") {
  PasswordHasher full({0, 0, kCheap});
  CHECK_FALSE(full.hash("a").has_value());
  CHECK_FALSE(full.matches("a", "").has_value());
  constexpr int kThreads = 8;
  PasswordHasher few({1, 2, {1024 * 1024, 2}});
  std::atomic<int> served{0};
  std::atomic<int> refused{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 20; ++n) few.hash("flood") ? ++served : ++refused;
      });
    }
  }
  CHECK(served + refused == kThreads * 20);
  CHECK(served > 0);
  CHECK(few.hash("after").has_value());
}

}  // namespace cassette::api
