// TokenCache: a hash table a shard. A full one drops what has expired, then whatever comes first:
// who still uses that one pays a check.
#include "api/identity/token_cache.h"

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
  while (full() && !shard.entries.empty()) erase(shard, shard.entries.begin());
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
  if (age < 0 || age >= micros(kStaleAfter) || entry.epoch != epoch()) {
    return Hit{entry.token, State::Stale};
  }
  if (age < micros(kDueAfter) || entry.looking) return Hit{entry.token, State::Fresh};
  entry.looking = true;
  return Hit{entry.token, State::Due};
}

void TokenCache::put(std::string_view token, std::shared_ptr<const CheckedToken> checked,
                     domain::Timestamp now, std::uint64_t epoch) {
  Shard& shard = shard_of(token);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(token);
  if (found != shard.entries.end()) {
    found->second = {std::move(checked), now, epoch, false};
    return;
  }
  make_room(shard, token.size(), now);
  shard.entries.emplace(std::string(token), Entry{std::move(checked), now, epoch, false});
  shard.bytes += token.size();
}

void TokenCache::remove(std::string_view token) {
  Shard& shard = shard_of(token);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(token);
  if (found != shard.entries.end()) erase(shard, found);
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
