// TokenCache: a hash table a shard. A full one drops what has expired, then what was looked at
// longest ago: whoever still uses a token has had it looked at within seconds.
#include "api/identity/token_cache.h"

#include <algorithm>
#include <iterator>

namespace cassette::api {
namespace {

constexpr std::int64_t micros(std::chrono::microseconds time) {
  return time.count();
}

}  // namespace

TokenCache::Shard& TokenCache::shard_of(std::string_view token) {
  // Other bits than those that the shard's own table goes by.
  return shards_[(Hash{}(token) >> 48) % kShards];
}

void TokenCache::erase(Shard& shard, Entries::iterator entry) {
  shard.bytes -= entry->first.size();
  shard.entries.erase(entry);
}

void TokenCache::make_room(Shard& shard, std::size_t bytes, domain::Timestamp now) {
  const auto full = [&] {
    return shard.entries.size() >= kEntries / kShards || shard.bytes + bytes > kBytes / kShards;
  };
  if (!full()) return;
  for (auto entry = shard.entries.begin(); entry != shard.entries.end();) {
    const auto next = std::next(entry);
    if (entry->second.token->expires <= now) erase(shard, entry);
    entry = next;
  }
  const auto looked_at = [](const auto& entry) { return entry.second.looked_at.micros; };
  while (full() && !shard.entries.empty()) {
    erase(shard, std::ranges::min_element(shard.entries, {}, looked_at));
  }
}

std::optional<TokenCache::Hit> TokenCache::find(std::string_view token, domain::Timestamp now) {
  Shard& shard = shard_of(token);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(token);
  if (found == shard.entries.end()) return std::nullopt;
  Entry& entry = found->second;
  if (entry.token->expires <= now) {
    erase(shard, found);
    return std::nullopt;
  }
  const std::int64_t age = now.micros - entry.looked_at.micros;
  if (age < 0 || age >= micros(kStaleAfter)) return Hit{entry.token, State::Stale};
  if (age < micros(kDueAfter) || entry.looking) return Hit{entry.token, State::Fresh};
  entry.looking = true;
  return Hit{entry.token, State::Due};
}

void TokenCache::put(std::string_view token, std::shared_ptr<const CheckedToken> checked,
                     domain::Timestamp now, std::uint64_t epoch) {
  Shard& shard = shard_of(token);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(token);
  const bool there = found != shard.entries.end();
  if (epoch != this->epoch()) {
    if (there) found->second.looking = false;
    return;
  }
  if (there) {
    found->second = {std::move(checked), now, false};
    return;
  }
  make_room(shard, token.size(), now);
  shard.entries.emplace(std::string(token), Entry{std::move(checked), now, false});
  shard.bytes += token.size();
}

void TokenCache::remove(std::string_view token) {
  Shard& shard = shard_of(token);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(token);
  if (found != shard.entries.end()) erase(shard, found);
}

// The epoch first: what is put from then on was looked at afterwards, and what was put before is
// found here.
void TokenCache::revoke(const Revoked& what) {
  epoch_.fetch_add(1, std::memory_order_acq_rel);
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (auto entry = shard.entries.begin(); entry != shard.entries.end();) {
      const auto next = std::next(entry);
      const auto& claims = entry->second.token->claims;
      if (claims && what.names(*claims)) erase(shard, entry);
      entry = next;
    }
  }
}

std::size_t TokenCache::size() const {
  std::size_t size = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    size += shard.entries.size();
  }
  return size;
}

}  // namespace cassette::api
