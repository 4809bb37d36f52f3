// The two forms of a what-if's report.
#include "replay/what_if_report.h"

#include <fmt/format.h>

#include <set>

#include "eventstore/json_write.h"

namespace cassette::replay {
namespace {

// ---- JSON

struct ValueDocument {
  std::int64_t kept = 0;
  std::int64_t lost_to_shortage = 0;

  static void fields(auto& self, auto&& visit) {
    visit("kept", self.kept);
    visit("lostToShortage", self.lost_to_shortage);
  }
};

struct SideDocument {
  std::map<std::string, std::uint64_t> orders;
  std::int64_t units_kept = 0;
  std::int64_t units_lost_to_shortage = 0;
  std::map<std::string, ValueDocument> values;
  std::uint64_t reorder_points_reached = 0;

  static void fields(auto& self, auto&& visit) {
    visit("orders", self.orders);
    visit("unitsKept", self.units_kept);
    visit("unitsLostToShortage", self.units_lost_to_shortage);
    visit("values", self.values);
    visit("reorderPointsReached", self.reorder_points_reached);
  }
};

struct FateDocument {
  OrderOutcome outcome = OrderOutcome::Undecided;
  std::int64_t units_kept = 0;
  std::int64_t value_kept = 0;

  static void fields(auto& self, auto&& visit) {
    visit("outcome", self.outcome);
    visit("unitsKept", self.units_kept);
    visit("valueKept", self.value_kept);
  }
};

struct DifferenceDocument {
  std::string order;
  std::string placed;
  std::int64_t units_wanted = 0;
  std::string currency;
  FateDocument recorded;
  FateDocument what_if;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order);
    visit("placed", self.placed);
    visit("unitsWanted", self.units_wanted);
    visit("currency", self.currency);
    visit("recorded", self.recorded);
    visit("whatIf", self.what_if);
  }
};

struct ReportDocument {
  std::vector<std::string> heads;
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::uint64_t void_messages = 0;
  SideDocument recorded;
  SideDocument what_if;
  ShadowCounts counts;
  std::uint64_t differing_orders = 0;
  std::uint64_t differing_items = 0;
  std::vector<DifferenceDocument> differences;

  static void fields(auto& self, auto&& visit) {
    visit("heads", self.heads);
    visit("commits", self.commits);
    visit("events", self.events);
    visit("voidMessages", self.void_messages);
    visit("recorded", self.recorded);
    visit("whatIf", self.what_if);
    visit("movedDeadlines", self.counts.moved_deadlines);
    visit("lateConfirmations", self.counts.late_confirmations);
    visit("fellAway", self.counts.fell_away);
    visit("shelvesShort", self.counts.shelves_short);
    visit("replenishedUnits", self.counts.replenished_units);
    visit("differingOrders", self.differing_orders);
    visit("differingStockItems", self.differing_items);
    visit("differences", self.differences);
  }
};

SideDocument document_of(const WhatIfSide& side) {
  SideDocument document;
  for (std::size_t i = 0; i < side.orders.size(); ++i) {
    document.orders[std::string(name_of(static_cast<OrderOutcome>(i)))] = side.orders[i];
  }
  document.units_kept = side.units_kept;
  document.units_lost_to_shortage = side.units_lost_to_shortage;
  for (const auto& [currency, value] : side.values) {
    if (!currency.empty()) document.values[currency] = {value.kept, value.lost_to_shortage};
  }
  document.reorder_points_reached = side.reorder_points_reached;
  return document;
}

FateDocument document_of(const OrderFate& fate) {
  const bool lost = fate.expired || fate.given_up;
  return {fate.outcome(), lost ? 0 : fate.kept, lost ? 0 : fate.kept_value};
}

// ---- text

std::string row(std::string_view what, std::int64_t recorded, std::int64_t what_if) {
  return fmt::format("{:<34}{:>16}{:>16}{:>+16}\n", what, recorded, what_if, what_if - recorded);
}

// Minor units as they are: currencies differ in how many make a whole.
std::string value_rows(const WhatIfReport& report) {
  std::set<std::string> currencies;
  for (const auto* side : {&report.recorded, &report.what_if}) {
    for (const auto& [currency, value] : side->values) currencies.insert(currency);
  }
  const auto of = [](const WhatIfSide& side, const std::string& currency) {
    const auto found = side.values.find(currency);
    return found == side.values.end() ? GoodsValue{} : found->second;
  };
  std::string text;
  for (const std::string& currency : currencies) {
    if (currency.empty()) continue;
    const GoodsValue recorded = of(report.recorded, currency);
    const GoodsValue what_if = of(report.what_if, currency);
    text += row(fmt::format("goods kept, {} minor units", currency), recorded.kept, what_if.kept);
    text += row(fmt::format("goods lost to shortage, {}", currency), recorded.lost_to_shortage,
                what_if.lost_to_shortage);
  }
  return text;
}

std::string order_rows(const WhatIfReport& report) {
  static constexpr std::array<std::string_view, 7> kNames{
      "orders that stand",  "  that stand short of a vendor", "  lost to shortage", "  expired",
      "  wholly cancelled", "  refused otherwise",            "  undecided"};
  std::string text;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    text += row(kNames[i], static_cast<std::int64_t>(report.recorded.orders[i]),
                static_cast<std::int64_t>(report.what_if.orders[i]));
  }
  return text;
}

std::string count_lines(const ShadowCounts& counts) {
  return fmt::format(
      "deadlines moved: {}; confirmations that came too late: {}\n"
      "wishes and deeds that fell away: {}; counts that a shelf was short of: {}\n"
      "units replenished: {}\n",
      counts.moved_deadlines, counts.late_confirmations, counts.fell_away, counts.shelves_short,
      counts.replenished_units);
}

std::string difference_lines(const WhatIfReport& report) {
  std::string text = fmt::format("orders that differ: {}; stock items: {}\n",
                                 report.differing_orders, report.differing_items);
  for (const OrderDifference& each : report.differences) {
    const FateDocument recorded = document_of(each.recorded);
    const FateDocument what_if = document_of(each.what_if);
    text += fmt::format("{} {}: {} with {} of {} units, would be {} with {}\n",
                        format(each.recorded.placed), each.order, name_of(recorded.outcome),
                        recorded.units_kept, each.recorded.wanted, name_of(what_if.outcome),
                        what_if.units_kept);
  }
  if (report.differing_orders > report.differences.size()) {
    text += fmt::format("and {} more\n", report.differing_orders - report.differences.size());
  }
  return text;
}

}  // namespace

std::string to_text(const WhatIfReport& report) {
  std::string text = fmt::format("{} commits, {} events, {} void messages, up to", report.commits,
                                 report.events, report.void_messages);
  for (const eventstore::Position& head : report.heads) text += " " + format(head);
  text += fmt::format("\n\n{:<34}{:>16}{:>16}{:>16}\n", "", "recorded", "what if", "difference");
  text += order_rows(report);
  text += row("units kept", report.recorded.units_kept, report.what_if.units_kept);
  text += row("units lost to shortage", report.recorded.units_lost_to_shortage,
              report.what_if.units_lost_to_shortage);
  text += value_rows(report);
  text += row("reorder points reached",
              static_cast<std::int64_t>(report.recorded.reorder_points_reached),
              static_cast<std::int64_t>(report.what_if.reorder_points_reached));
  return text + "\n" + count_lines(report.counts) + difference_lines(report);
}

std::string to_json(const WhatIfReport& report) {
  ReportDocument document;
  for (const eventstore::Position& head : report.heads) document.heads.push_back(format(head));
  document.commits = report.commits;
  document.events = report.events;
  document.void_messages = report.void_messages;
  document.recorded = document_of(report.recorded);
  document.what_if = document_of(report.what_if);
  document.counts = report.counts;
  document.differing_orders = report.differing_orders;
  document.differing_items = report.differing_items;
  for (const OrderDifference& each : report.differences) {
    document.differences.push_back({each.order, format(each.recorded.placed), each.recorded.wanted,
                                    each.recorded.currency.code, document_of(each.recorded),
                                    document_of(each.what_if)});
  }
  return eventstore::to_json(document);
}

}  // namespace cassette::replay
