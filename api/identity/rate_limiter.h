// RateLimiter: a token bucket a credential or address, in bounded memory however many there are.
// Source: the generic cell rate algorithm (ITU-T I.371, annex A), whose bucket is one time. It
// knows no clock and no header.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "domain/values.h"

namespace cassette::api {

// `burst` requests at once, and `per_second` more as time goes by.
struct RateLimit {
  double per_second = 0;
  std::uint32_t burst = 0;

  // No limit at all.
  bool unlimited() const { return per_second <= 0; }
};

struct RateVerdict {
  bool allowed = true;
  std::uint32_t remaining = 0;     // requests that are allowed at this moment, this one taken
  std::int64_t reset_seconds = 0;  // until the bucket is full again
  std::int64_t retry_seconds = 0;  // until one is allowed; 0 when one is
};

// Thread-safe. A million names take no more memory than `kBuckets`: what is forgotten first is
// whoever is nearest to a full bucket, which costs nothing once it is full.
class RateLimiter {
 public:
  static constexpr std::size_t kBuckets = 64 * 1024;

  RateLimiter();

  // Takes one request of `name`, a credential or an address with its kind before it. A refused one
  // takes nothing. Never blocks for longer than a lookup.
  RateVerdict take(std::string_view name, const RateLimit& limit, domain::Timestamp now);
  // Whether one would be allowed. Takes nothing.
  bool has_room(std::string_view name, const RateLimit& limit, domain::Timestamp now);

 private:
  // Names whose hashes share a set share its places.
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kSets = kBuckets / kWays;
  static constexpr std::size_t kLocks = 64;

  struct Bucket {
    std::uint64_t name = 0;    // its hash; 0: free
    std::int64_t full_at = 0;  // microseconds: when the bucket is full again
  };
  using Set = std::array<Bucket, kWays>;

  std::uint64_t hash_of(std::string_view name) const;
  Bucket& bucket_of(Set& set, std::uint64_t name) const;

  std::array<std::uint8_t, 16> key_;  // of the hash, so that nobody can choose their neighbours
  std::vector<Set> sets_;
  std::array<std::mutex, kLocks> locks_;
};

}  // namespace cassette::api
