// Workload: which items the orders of a run name. The same seed gives both sides the same orders.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/commands.h"
#include "eventstore/command_gateway.h"

namespace cassette::bench {

inline constexpr std::uint32_t kVendors = 100;
// Enough of each item that no order of a bench is refused.
inline constexpr domain::Quantity kPlenty = 1'000'000'000;

enum class Spread { Even, Zipf, OneItem };  // Zipf: exponent 0.99
enum class Shape { OneLine, FourLines };    // FourLines: two of each of two vendors

std::string_view name_of(Spread spread);
std::string_view name_of(Shape shape);

// Item k is sold by vendor k mod kVendors.
std::string vendor_id(std::uint32_t item);
std::string product_id(std::uint32_t item);

// The items of one order, one unit of each, in the order of vendor and product ids.
using Items = std::vector<std::uint32_t>;

// `count` orders over `items` stock items.
std::vector<Items> make_orders(Spread spread, Shape shape, std::uint32_t items, std::size_t count,
                               std::uint64_t seed = 1);

// Vendors, products and plenty of stock for `items` items.
std::vector<domain::Command> fill_commands(std::uint32_t items);

// The same as a customer sends it, under a key of its own.
eventstore::Request order_request(const std::string& order_id, const Items& items);
domain::PlaceOrder place_order(const std::string& order_id, const Items& items);

}  // namespace cassette::bench
