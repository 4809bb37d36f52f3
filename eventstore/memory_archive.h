// MemoryArchive: an Archive that keeps every aggregate in one Marketplace, for tests.
// It is the model that RocksArchive is compared with; it forgets nothing and survives nothing.
#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <unordered_map>

#include "eventstore/archive.h"

namespace cassette::eventstore {

class MemoryArchive : public Archive {
 public:
  Stored<FoldPoint> point() override;
  Stored<Done> load(domain::Marketplace& marketplace) override;
  // Mismatch when `commits` do not follow what was folded.
  Stored<Done> fold_all(std::span<const StoredCommit* const> commits,
                        const FoldPoint& point) override;
  std::uint64_t folded() const override { return folded_.load(std::memory_order_acquire); }
  Stored<std::optional<domain::Order>> order(const domain::OrderId& id) override;
  Stored<std::optional<domain::SubOrder>> sub_order(const domain::VendorId& vendor,
                                                    const domain::OrderId& id) override;
  Stored<Done> for_each_holder(const domain::VendorId& vendor, const domain::ProductId& product,
                               const VisitHolder& visit) override;
  Stored<std::optional<RememberedCommand>> command(std::string_view id) override;

 private:
  void take(const StoredCommit& commit);
  void load(const domain::EntityKey& key, domain::Marketplace& into) const;

  mutable std::mutex mutex_;
  domain::Marketplace marketplace_;
  std::set<domain::EntityKey> known_;  // every aggregate that an event named
  std::unordered_map<std::string, RememberedCommand> commands_;
  FoldPoint point_;
  std::atomic<std::uint64_t> folded_{0};
};

}  // namespace cassette::eventstore
