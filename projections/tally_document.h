// TallyDocument: counts for dashboards, a partition each, so that they fold like any other document
// and commute; a reader adds up the partitions. It counts and knows no reasons.
//
// Keys, before the partition: "all/now" and "vendor:V/now" hold how many stand in each status now,
// "all/2026-11-23T21" and "vendor:V/2026-11-23T21" how many came into each status in that hour.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "domain/sub_order.h"
#include "domain/values.h"

namespace cassette::projections {

// Of orders when the scope is all, and of sub-orders always. Stock only in "now".
struct TallyDocument {
  std::map<std::string, std::int64_t> orders;
  std::map<std::string, std::int64_t> sub_orders;
  std::int64_t low_stock = 0;
  std::int64_t out_of_stock = 0;
  std::uint64_t version = 0;  // how often it was changed

  static void fields(auto& self, auto&& visit) {
    visit("orders", self.orders);
    visit("subOrders", self.sub_orders);
    visit("lowStock", self.low_stock);
    visit("outOfStock", self.out_of_stock);
    visit("version", self.version);
  }
  bool operator==(const TallyDocument&) const = default;
};

void add_to(TallyDocument& sum, const TallyDocument& other);

// "all", or "vendor:V".
std::string tally_scope(const domain::VendorId& vendor);
inline constexpr std::string_view kWholeScope = "all";

// "2026-11-23T21".
std::string tally_hour(domain::Timestamp at);
inline constexpr std::string_view kTallyNow = "now";

std::string tally_key(std::string_view scope, std::string_view period);
// The key that a partition's own counts are kept under.
std::string tally_key(std::string_view scope, std::string_view period, std::uint32_t partition);

}  // namespace cassette::projections
