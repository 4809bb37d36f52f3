// TokenCache: tokens that were checked, so that the next request with one costs a lookup. Bounded
// in entries and bytes; what was looked at longest ago goes first. It checks nothing and knows no
// bucket.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/identity/access_tokens.h"
#include "api/identity/caller.h"
#include "domain/values.h"

namespace cassette::api {

struct CheckedToken {
  Caller caller;
  std::optional<AccessClaims> claims;  // nothing: an outside issuer's
  domain::Timestamp expires;
};

// Thread-safe; a lookup takes one of its shards' locks for as long as it lasts.
class TokenCache {
 public:
  static constexpr std::size_t kEntries = 64 * 1024;
  static constexpr std::size_t kBytes = 64 * 1024 * 1024;  // of tokens
  // From then on one thread looks again whether the token was revoked, and the others go on.
  static constexpr std::chrono::seconds kDueAfter{3};
  // From then on nobody goes on who has not looked.
  static constexpr std::chrono::seconds kStaleAfter{5};

  enum class State {
    Fresh,
    Due,    // the one to look again is who gets this
    Stale,  // look again
  };
  struct Hit {
    std::shared_ptr<const CheckedToken> token;
    State state = State::Fresh;
  };

  // How often something was revoked: taken before a token is looked at, and given with the outcome.
  std::uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }

  // Nothing when it isn't there, or has expired.
  std::optional<Hit> find(std::string_view token, domain::Timestamp now);
  // It was checked at `now`. One that is there is replaced. Nothing is kept when something was
  // revoked since `epoch`: it may have been this, and whoever needs it checks again.
  void put(std::string_view token, std::shared_ptr<const CheckedToken> checked,
           domain::Timestamp now, std::uint64_t epoch);
  void remove(std::string_view token);
  // Removes what it names, and nothing else: whoever revokes their own slows nobody down. Looks at
  // every entry.
  void revoke(const Revoked& what);

  std::size_t size() const;

 private:
  static constexpr std::size_t kShards = 64;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct Entry {
    std::shared_ptr<const CheckedToken> token;
    domain::Timestamp looked_at;
    bool looking = false;  // one thread is
  };
  using Entries = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    Entries entries;
    std::size_t bytes = 0;
  };

  Shard& shard_of(std::string_view token);
  static void erase(Shard& shard, Entries::iterator entry);
  static void make_room(Shard& shard, std::size_t bytes, domain::Timestamp now);

  std::atomic<std::uint64_t> epoch_{0};
  std::array<Shard, kShards> shards_;
};

}  // namespace cassette::api
