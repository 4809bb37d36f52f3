// Passwords: argon2id of passwords and client secrets (RFC 9106, by libsodium), few at a time, so
// that a flood of sign-ins takes no more than a bounded share of the threads, the processors and
// the memory that orders need. The caller's thread does the work.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace cassette::api {

// What one hash takes: RFC 9106's second choice is 64 MiB and three passes; OWASP's least is 19 MiB
// and two, which this is: what signs in shares its machine with what sells.
struct HashCost {
  std::size_t memory_bytes = 19 * 1024 * 1024;
  unsigned long long passes = 2;
};

// The longest password or secret, in bytes.
inline constexpr std::size_t kMaxPasswordBytes = 1024;

// Thread-safe. At most `at_once` hash at a time and `waiting` more wait; the rest are turned away.
class PasswordHasher {
 public:
  struct Options {
    std::size_t at_once = 1;
    std::size_t waiting = 16;
    HashCost cost{};
  };

  explicit PasswordHasher(const Options& options) : options_(options) {}

  // The hash with its parameters and salt, to be kept. Nothing when too many are waiting. Blocks
  // for tens of milliseconds, and for those before it.
  std::optional<std::string> hash(std::string_view password);

  // Whether `password` is the one that `kept` was made of; nothing when too many are waiting. With
  // an empty `kept` it takes as long and says no: nobody learns who exists.
  std::optional<bool> matches(std::string_view password, const std::string& kept);

 private:
  // A place in the pool, while it lives.
  class Turn;

  const Options options_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::size_t hashing_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace cassette::api
