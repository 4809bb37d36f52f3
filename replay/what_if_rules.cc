// The rules' bounds, and their reading.
#include "replay/what_if_rules.h"

#include <fmt/format.h>

#include "eventstore/json_cursor.h"

namespace cassette::replay {
namespace {

namespace ondemand = simdjson::ondemand;

std::string bounds_refusal(std::string_view name, std::int64_t value, std::int64_t least,
                           std::int64_t most) {
  if (value >= least && value <= most) return "";
  return fmt::format("{} must be from {} to {}", name, least, most);
}

std::string threshold_refusal(std::string_view name, const std::optional<ThresholdRule>& rule) {
  if (!rule) return "";
  std::string why = bounds_refusal(name, rule->all.value_or(0), 0, domain::kMaxQuantity);
  for (const auto* numbers : {&rule->by_vendor, &rule->by_item}) {
    for (const auto& [id, number] : *numbers) {
      const std::string of = fmt::format("{} of {}", name, id);
      if (why.empty()) why = bounds_refusal(of, number, 0, domain::kMaxQuantity);
    }
  }
  for (const auto& [item, number] : rule->by_item) {
    if (why.empty() && item.find('/') == std::string::npos) {
      why = fmt::format("{}.items has '{}', which is no VENDOR/PRODUCT", name, item);
    }
  }
  return why;
}

std::string seconds_refusal(std::string_view name, std::int64_t seconds) {
  return bounds_refusal(name, seconds, 1, domain::kMaxReservationSeconds);
}

std::string refusal_of(const WhatIfRules& rules) {
  std::string why = threshold_refusal("reorderPoint", rules.reorder_point);
  if (why.empty()) why = threshold_refusal("safetyStock", rules.safety_stock);
  if (why.empty() && rules.reservation_max_seconds) {
    why = seconds_refusal("reservationMaxSeconds", *rules.reservation_max_seconds);
  }
  if (why.empty()) {
    why = seconds_refusal("recordedReservationMaxSeconds", rules.recorded_reservation_max_seconds);
  }
  if (why.empty() && rules.replenish) {
    why = bounds_refusal("replenish.units", rules.replenish->units, 1, domain::kMaxQuantity);
    if (why.empty()) {
      why = bounds_refusal("replenish.afterSeconds", rules.replenish->after_seconds, 0,
                           domain::kMaxReservationSeconds);
    }
  }
  return why;
}

// Empty when it was read whole.
std::string read(std::string_view json, WhatIfRules& rules) {
  ondemand::document document;
  ondemand::object object;
  if (eventstore::parse_json(json, document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return "is no JSON object";
  }
  const eventstore::WireType& type = eventstore::kWireType<WhatIfRules>;
  eventstore::MemberReader members(type, &rules);
  std::string why;
  const bool whole =
      eventstore::each_member(object, [&](std::string_view key, ondemand::value value) {
        eventstore::ReadTrace trace;
        const std::string name(key);
        const bool taken = members.read(name, value, trace);
        if (!taken) why = fmt::format("'{}' is not what it should be, or stands twice", name);
        if (taken && trace.skipped) why = fmt::format("has something unknown: '{}'", name);
        return why.empty();
      });
  if (why.empty() && (!whole || !eventstore::at_end(document))) return "is broken JSON";
  return why;
}

}  // namespace

std::optional<domain::Quantity> ThresholdRule::of(const domain::VendorId& vendor,
                                                  const domain::ProductId& product) const {
  const auto item = by_item.find(vendor.value + "/" + product.value);
  if (item != by_item.end()) return item->second;
  const auto own = by_vendor.find(vendor.value);
  return own != by_vendor.end() ? std::optional(own->second) : all;
}

std::int64_t WhatIfRules::reservation_seconds(std::int64_t recorded) const {
  if (!reservation_max_seconds || recorded > recorded_reservation_max_seconds) return recorded;
  if (recorded == recorded_reservation_max_seconds) return *reservation_max_seconds;
  return std::min(recorded, *reservation_max_seconds);
}

Result<WhatIfRules, std::string> parse_rules(std::string_view json) {
  WhatIfRules rules;
  std::string why = read(json, rules);
  if (why.empty()) why = refusal_of(rules);
  if (!why.empty()) return Failure{std::move(why)};
  return rules;
}

}  // namespace cassette::replay
