// WhatIfRules: the other rules that a what-if decides history by, and their form as JSON.
// docs/what-if.md says what each means; nothing here decides anything.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "domain/order.h"
#include "domain/result.h"

namespace cassette::replay {

// A number for stock items: the item's own before its vendor's, and that before all others'.
struct ThresholdRule {
  std::optional<domain::Quantity> all;                // "default"
  std::map<std::string, domain::Quantity> by_vendor;  // by vendor id
  std::map<std::string, domain::Quantity> by_item;    // by "VENDOR/PRODUCT"

  // Nothing where the record's own number stands.
  std::optional<domain::Quantity> of(const domain::VendorId& vendor,
                                     const domain::ProductId& product) const;
  static void fields(auto& self, auto&& visit) {
    visit("default", self.all);
    visit("vendors", self.by_vendor);
    visit("items", self.by_item);
  }
};

// So many units arrive so long after each time that the reorder point was reached.
struct Replenishment {
  domain::Quantity units = 0;
  std::int64_t after_seconds = 0;

  static void fields(auto& self, auto&& visit) {
    visit("units", self.units);
    visit("afterSeconds", self.after_seconds);
  }
};

struct WhatIfRules {
  std::optional<ThresholdRule> reorder_point;
  std::optional<ThresholdRule> safety_stock;
  std::optional<std::int64_t> reservation_max_seconds;
  // What was in force when the ledger was written: orders with this deadline had none of their own.
  std::int64_t recorded_reservation_max_seconds = domain::kDefaultReservationSeconds;
  std::optional<domain::OnShortage> on_shortage;
  std::optional<Replenishment> replenish;

  // The seconds that an order waits for its confirmation, which in the record were `recorded`: the
  // new maximum for one that took the old, no more than that for one that asked for less, and as
  // recorded for one that was allowed more.
  std::int64_t reservation_seconds(std::int64_t recorded) const;
  static void fields(auto& self, auto&& visit) {
    visit("reorderPoint", self.reorder_point);
    visit("safetyStock", self.safety_stock);
    visit("reservationMaxSeconds", self.reservation_max_seconds);
    visit("recordedReservationMaxSeconds", self.recorded_reservation_max_seconds);
    visit("onShortage", self.on_shortage);
    visit("replenish", self.replenish);
  }
};

// From a JSON object; the failure says what is wrong with it, members that it may not have
// included.
Result<WhatIfRules, std::string> parse_rules(std::string_view json);

}  // namespace cassette::replay
