// Adds tallies up and names them.
#include "projections/tally_document.h"

#include <fmt/format.h>

namespace cassette::projections {
namespace {

constexpr std::size_t kHourLength = std::string_view("2026-11-23T21").size();

}  // namespace

void add_to(TallyDocument& sum, const TallyDocument& other) {
  for (const auto& [status, count] : other.orders) sum.orders[status] += count;
  for (const auto& [status, count] : other.sub_orders) sum.sub_orders[status] += count;
  sum.low_stock += other.low_stock;
  sum.out_of_stock += other.out_of_stock;
  sum.version += other.version;
}

std::string tally_scope(const domain::VendorId& vendor) {
  return "vendor:" + vendor.value;
}

std::string tally_hour(domain::Timestamp at) {
  return domain::format(at).substr(0, kHourLength);
}

std::string tally_key(std::string_view scope, std::string_view period) {
  return fmt::format("{}/{}", scope, period);
}

std::string tally_key(std::string_view scope, std::string_view period, std::uint32_t partition) {
  return fmt::format("{}/{}/{}", scope, period, partition);
}

}  // namespace cassette::projections
