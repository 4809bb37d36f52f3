// FlakyArchive: one process's archive of a partition, which survives the process: what was folded
// is on its disk, but for what the disk loses. It may fail to fold or to look up as the weather is.
#pragma once

#include <memory>
#include <vector>

#include "eventstore/memory_archive.h"
#include "tests/simulation/weather.h"

namespace cassette::sim {

// `weather` outlives it.
class FlakyArchive : public eventstore::Archive {
 public:
  explicit FlakyArchive(Weather& weather)
      : weather_(weather), inner_(std::make_unique<eventstore::MemoryArchive>()) {}

  // Opens it again for another life of its process, with as much as the disk has kept. Whoever used
  // it before is gone.
  void reopen();
  // Deletes it, as an operator would.
  void remove();
  // Whether it has to be deleted before it is of use again.
  bool torn() const { return torn_; }
  eventstore::MemoryArchive& inner() { return *inner_; }

  eventstore::Stored<eventstore::FoldPoint> point() override;
  eventstore::Stored<eventstore::Done> load(domain::Marketplace& marketplace) override;
  eventstore::Stored<eventstore::Done> fold_all(
      std::span<const eventstore::StoredCommit* const> commits,
      const eventstore::FoldPoint& point) override;
  std::uint64_t folded() const override { return inner_->folded(); }
  eventstore::Stored<std::optional<domain::Order>> order(const domain::OrderId& id) override;
  eventstore::Stored<std::optional<domain::SubOrder>> sub_order(const domain::VendorId& vendor,
                                                                const domain::OrderId& id) override;
  eventstore::Stored<eventstore::Done> for_each_holder(const domain::VendorId& vendor,
                                                       const domain::ProductId& product,
                                                       const VisitHolder& visit) override;
  eventstore::Stored<std::optional<eventstore::RememberedCommand>> command(
      std::string_view id) override;

 private:
  struct Fold {
    std::vector<eventstore::StoredCommit> commits;
    eventstore::FoldPoint point;
  };

  // Begins anew with the first `count` folds.
  void restore(std::size_t count);
  auto look_up(auto&& call) -> decltype(call());

  Weather& weather_;
  std::unique_ptr<eventstore::MemoryArchive> inner_;
  std::vector<Fold> folds_;
  bool torn_ = false;
};

}  // namespace cassette::sim
