// Order facts: whose an order is, and which products a vendor's part of it has: what most events of
// an order don't repeat. Remembered as the events come, else read from the read models.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/live/live_event.h"
#include "projections/read_models.h"

namespace cassette::api {

// Orders remembered at most: some hundred bytes each, in two halves.
inline constexpr std::size_t kMaxOrderFacts = 32 * 1024;

// A map that forgets its older half once it is full. Not thread-safe.
template <class Value>
class RecentMap {
 public:
  explicit RecentMap(std::size_t entries) : half_(entries / 2) {}

  const Value* find(const std::string& key) const {
    for (const auto* map : {&young_, &old_}) {
      if (const auto found = map->find(key); found != map->end()) return &found->second;
    }
    return nullptr;
  }
  void put(const std::string& key, Value value) {
    if (young_.size() >= half_) {
      old_ = std::move(young_);
      young_ = {};
    }
    young_.insert_or_assign(key, std::move(value));
  }

 private:
  const std::size_t half_;
  std::unordered_map<std::string, Value> young_, old_;
};

// Thread-safe.
class OrderFacts {
 public:
  // `models` outlives it.
  explicit OrderFacts(projections::ReadModels& models) : models_(models) {}

  // Sets the event's customer, and with `levels` what it touches, and remembers what it tells.
  // Blocks for disk reads, and for a second at most when an order is not in the models yet.
  void complete(LiveEvent& event, bool levels);

 private:
  std::string customer_of(const LiveEvent& event);
  std::vector<std::string> products_of(const LiveEvent& event);
  // The document; one that isn't there is waited for when it is `awaited`.
  std::optional<std::string> read(projections::Model model, const std::string& key, bool awaited);

  projections::ReadModels& models_;
  std::mutex mutex_;
  RecentMap<std::string> customers_{kMaxOrderFacts};              // by order
  RecentMap<std::vector<std::string>> products_{kMaxOrderFacts};  // by "vendor/order"
};

}  // namespace cassette::api
