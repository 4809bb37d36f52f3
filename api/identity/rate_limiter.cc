// RateLimiter: GCRA over a set-associative table.
#include "api/identity/rate_limiter.h"

#include <sodium.h>

#include <algorithm>
#include <cmath>

#include "api/identity/encoding.h"

namespace cassette::api {
namespace {

constexpr double kMicrosPerSecond = 1e6;

std::int64_t seconds_of(std::int64_t micros) {
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(micros) / kMicrosPerSecond));
}

}  // namespace

RateLimiter::RateLimiter() : sets_(kSets) {
  static_assert(crypto_shorthash_KEYBYTES == 16);
  crypto_shorthash_keygen(key_.data());
}

std::uint64_t RateLimiter::hash_of(std::string_view name) const {
  std::array<std::uint8_t, crypto_shorthash_BYTES> hash;
  crypto_shorthash(hash.data(), bytes_of(name).data(), name.size(), key_.data());
  std::uint64_t value = 0;
  for (const std::uint8_t byte : hash) value = value << 8 | byte;
  return std::max<std::uint64_t>(value, 1);
}

RateLimiter::Bucket& RateLimiter::bucket_of(Set& set, std::uint64_t name) const {
  const auto known = std::ranges::find(set, name, &Bucket::name);
  if (known != set.end()) return *known;
  Bucket& nearest = *std::ranges::min_element(set, {}, &Bucket::full_at);
  nearest = {name, 0};
  return nearest;
}

RateVerdict RateLimiter::take(std::string_view name, const RateLimit& limit,
                              domain::Timestamp now) {
  if (limit.unlimited()) return {};
  const std::uint64_t hash = hash_of(name);
  const std::size_t set = hash % kSets;
  const auto interval = static_cast<std::int64_t>(kMicrosPerSecond / limit.per_second);
  const std::int64_t most = interval * std::max<std::uint32_t>(limit.burst, 1);
  const std::lock_guard lock(locks_[set % kLocks]);
  Bucket& bucket = bucket_of(sets_[set], hash);
  bucket.full_at = std::min(bucket.full_at, now.micros + most);  // the clock may have gone back
  const std::int64_t used = std::max<std::int64_t>(0, bucket.full_at - now.micros);
  RateVerdict verdict;
  verdict.allowed = used + interval <= most;
  const std::int64_t after = verdict.allowed ? used + interval : used;
  if (verdict.allowed) bucket.full_at = now.micros + after;
  verdict.remaining =
      static_cast<std::uint32_t>(std::max<std::int64_t>(0, most - after) / interval);
  verdict.reset_seconds = seconds_of(after);
  if (!verdict.allowed) verdict.retry_seconds = seconds_of(used + interval - most);
  return verdict;
}

bool RateLimiter::has_room(std::string_view name, const RateLimit& limit, domain::Timestamp now) {
  if (limit.unlimited()) return true;
  const std::uint64_t hash = hash_of(name);
  const std::size_t set = hash % kSets;
  const auto interval = static_cast<std::int64_t>(kMicrosPerSecond / limit.per_second);
  const std::int64_t most = interval * std::max<std::uint32_t>(limit.burst, 1);
  const std::lock_guard lock(locks_[set % kLocks]);
  const auto known = std::ranges::find(sets_[set], hash, &Bucket::name);
  return known == sets_[set].end() || known->full_at - now.micros + interval <= most;
}

}  // namespace cassette::api
