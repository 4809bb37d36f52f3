// One run: both histories in step, and their comparison at the end.
#include "replay/what_if.h"

#include <fmt/format.h>

#include <algorithm>

#include "replay/commit_merge.h"
#include "replay/contradiction.h"

namespace cassette::replay {
namespace {

using eventstore::StoredCommit;
using eventstore::StoreError;

class Run {
 public:
  Run(std::uint32_t partitions, const WhatIfRules& rules) : shadow_(partitions, rules, record_) {
    for (std::uint32_t p = 0; p < partitions; ++p) report_.heads.push_back({p, 0});
  }

  eventstore::Stored<eventstore::Done> take(const StoredCommit& stored) {
    try {
      const ContradictionTrap trap;
      fold(stored);
    } catch (const Contradiction& contradiction) {
      return Failure{
          StoreError{StoreError::Kind::Corrupt,
                     fmt::format("commit {} contradicts what came before ({}): `replay verify` "
                                 "tells in full",
                                 format(stored.position), contradiction.what())}};
    }
    return eventstore::Done{};
  }

  WhatIfReport report(std::uint64_t void_messages) {
    report_.void_messages = void_messages;
    report_.recorded = side_of(record_);
    report_.what_if = side_of(shadow_.world());
    report_.counts = shadow_.counts();
    compare_orders();
    compare_items();
    return std::move(report_);
  }

 private:
  void fold(const StoredCommit& stored) {
    const auto& events = stored.commit.events;
    if (stored.position.partition < report_.heads.size()) {
      report_.heads[stored.position.partition] = stored.position;
    }
    ++report_.commits;
    report_.events += events.size();
    shadow_.begin(stored);
    for (std::size_t i = 0; i < events.size(); ++i) {
      shadow_.follow(i);
      record_.apply(events[i].event, stored.position);
    }
    shadow_.end();
    for (const eventstore::RecordedEvent& recorded : events) record_.pack(recorded.event);
  }

  static domain::Quantity kept_units(const OrderFate& fate) {
    return is_lost(fate) ? 0 : fate.kept;
  }
  static bool is_lost(const OrderFate& fate) { return fate.expired || fate.given_up; }

  static WhatIfSide side_of(const WhatIfWorld& world) {
    WhatIfSide side;
    for (const auto& [id, fate] : world.fates()) {
      ++side.orders[static_cast<std::size_t>(fate.outcome())];
      side.units_kept += kept_units(fate);
      side.units_lost_to_shortage += fate.short_units();
      GoodsValue& value = side.values[fate.currency.code];
      value.kept += is_lost(fate) ? 0 : fate.kept_value;
      value.lost_to_shortage += fate.short_value();
    }
    side.reorder_points_reached = world.reorder_points_reached();
    return side;
  }

  void compare_orders() {
    std::vector<OrderDifference> found;
    const auto& others = shadow_.world().fates();
    for (const auto& [id, recorded] : record_.fates()) {
      const auto other = others.find(id);
      const OrderFate what_if = other == others.end() ? OrderFate{} : other->second;
      const bool same =
          recorded.outcome() == what_if.outcome() && kept_units(recorded) == kept_units(what_if);
      if (!same) found.push_back({id, recorded, what_if});
    }
    report_.differing_orders = found.size();
    std::ranges::sort(found, [](const OrderDifference& a, const OrderDifference& b) {
      return std::pair(a.recorded.placed, a.order) < std::pair(b.recorded.placed, b.order);
    });
    if (found.size() > kMaxDifferences) found.resize(kMaxDifferences);
    report_.differences = std::move(found);
  }

  void compare_items() {
    record_.marketplace().for_each_stock([this](const domain::VendorId& vendor,
                                                const domain::ProductId& product,
                                                const domain::StockItem& recorded) {
      const auto other = shadow_.world().marketplace().stock(vendor, product);
      const bool same = other && other->on_hand == recorded.on_hand &&
                        other->reserved == recorded.reserved && other->missing == recorded.missing;
      if (!same) ++report_.differing_items;
    });
  }

  WhatIfWorld record_;
  WhatIfShadow shadow_;
  WhatIfReport report_;
};

}  // namespace

eventstore::Stored<WhatIfReport> what_if(std::span<eventstore::Ledger* const> ledgers,
                                         const WhatIfRules& rules, const WhatIfOptions& options) {
  auto merge = CommitMerge::open(ledgers);
  if (!merge.ok()) return Failure{std::move(merge).error()};
  if (options.progress != nullptr) options.progress->start(merge.value().total());
  Run run(static_cast<std::uint32_t>(ledgers.size()), rules);
  while (true) {
    if (options.stop.stop_requested()) {
      return Failure{StoreError{StoreError::Kind::Unavailable, "it was stopped"}};
    }
    auto next = merge.value().next();
    if (!next.ok()) return Failure{std::move(next).error()};
    if (!next.value()) break;
    if (auto taken = run.take(*next.value()); !taken.ok()) return Failure{taken.error()};
    if (options.progress != nullptr) options.progress->reach(merge.value().taken());
  }
  if (options.progress != nullptr) options.progress->finish();
  return run.report(merge.value().void_messages());
}

}  // namespace cassette::replay
