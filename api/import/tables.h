// Tables: AdventureWorks' CSV files as values, with what makes vendors and orders of them. Reads
// files; knows nothing of requests.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/result.h"
#include "domain/values.h"

namespace cassette::api::importing {

// Sells what no vendor supplies.
inline constexpr std::string_view kHouseVendor = "adventure-works";

struct VendorRow {
  std::string vendor_id;
  std::string name;
  bool active = true;
};

struct CustomerRow {
  std::string customer_id;
  std::string name;
};

struct ProductRow {
  std::string product_id;
  std::string seller;  // the vendor with the lowest price, then the lowest id; or kHouseVendor
  std::string name;
  std::string sku;
  std::int64_t price = 0;  // cents: the seller's, of the house the list price
  std::string category;
  std::map<std::string, std::string> specifications;
  domain::Quantity safety_stock = 0;
  domain::Quantity reorder_point = 0;
};

struct LineRow {
  std::string product_id;
  domain::Quantity quantity = 0;
  std::int64_t unit_price = 0;  // cents, rounded half up
};

// `event` is 1 to 7 of TrackingEvent. `at` is never before the order's.
struct TrackingRow {
  domain::Timestamp at;
  int event = 0;
  std::string name;
};

struct OrderRow {
  std::string order_id;  // as the table has it
  std::string customer_id;
  std::string carrier;
  domain::Timestamp at;
  std::vector<LineRow> lines;
  std::vector<TrackingRow> tracking;  // by time, then event
};

struct Tables {
  std::vector<VendorRow> vendors;  // without the house
  std::vector<CustomerRow> customers;
  std::map<std::string, ProductRow> products;  // by id
  std::vector<OrderRow> orders;
};

// The failure names the file and what is wrong with it.
Result<Tables, std::string> load_tables(const std::string& folder);

// "2024.995" to two places is 202500, half up; nothing for what is no such number.
std::optional<std::int64_t> rounded(std::string_view decimal, std::size_t places);

}  // namespace cassette::api::importing
