// NoArchive: forgets all it is given, so that an engine runs by itself.
#pragma once

#include <atomic>

#include "eventstore/archive.h"

namespace cassette::bench {

// Forgets all it is given: what the engine costs by itself. Nothing that it forgot is asked for,
// since a market lives for one run.
class NoArchive : public eventstore::Archive {
 public:
  eventstore::Stored<eventstore::FoldPoint> point() override { return eventstore::FoldPoint{}; }
  eventstore::Stored<eventstore::Done> load(domain::Marketplace&) override {
    return eventstore::Done{};
  }
  eventstore::Stored<eventstore::Done> fold_all(std::span<const eventstore::StoredCommit* const>,
                                                const eventstore::FoldPoint& at) override {
    folded_.store(at.head.commit, std::memory_order_release);
    return eventstore::Done{};
  }
  eventstore::Stored<eventstore::Done> fold_appended(
      std::span<const std::shared_ptr<const eventstore::AppendedCommit>>,
      const eventstore::FoldPoint& at) override {
    folded_.store(at.head.commit, std::memory_order_release);
    return eventstore::Done{};
  }
  std::uint64_t folded() const override { return folded_.load(std::memory_order_acquire); }
  eventstore::Stored<std::optional<domain::Order>> order(const domain::OrderId&) override {
    return std::optional<domain::Order>();
  }
  eventstore::Stored<std::optional<domain::SubOrder>> sub_order(const domain::VendorId&,
                                                                const domain::OrderId&) override {
    return std::optional<domain::SubOrder>();
  }
  eventstore::Stored<eventstore::Done> for_each_holder(const domain::VendorId&,
                                                       const domain::ProductId&,
                                                       const VisitHolder&) override {
    return eventstore::Done{};
  }
  eventstore::Stored<std::optional<eventstore::RememberedCommand>> command(
      std::string_view) override {
    return std::optional<eventstore::RememberedCommand>();
  }

 private:
  std::atomic<std::uint64_t> folded_{0};
};

}  // namespace cassette::bench
