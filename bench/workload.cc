// Workload: items and orders, drawn from a seed.
#include "bench/workload.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <fmt/format.h>

namespace cassette::bench {
namespace {

constexpr double kZipfExponent = 0.99;
// Stands for a sealed address of a few lines. Both sides store as many characters.
constexpr std::size_t kSealedAddressChars = 160;

std::discrete_distribution<std::uint32_t> ranks(Spread spread, std::uint32_t items) {
  std::vector<double> weights(items, 1.0);
  if (spread == Spread::OneItem) weights = {1.0};
  if (spread == Spread::Zipf) {
    for (std::uint32_t k = 0; k < items; ++k) weights[k] = 1.0 / std::pow(k + 1, kZipfExponent);
  }
  return {weights.begin(), weights.end()};
}

// The next item of the same vendor.
std::uint32_t sibling(std::uint32_t item, std::uint32_t items) {
  return item + kVendors < items ? item + kVendors : item % kVendors;
}

}  // namespace

std::string_view name_of(Spread spread) {
  switch (spread) {
    case Spread::Even:
      return "spread";
    case Spread::Zipf:
      return "zipf";
    case Spread::OneItem:
      return "one-item";
  }
  return "";
}

std::string_view name_of(Shape shape) {
  return shape == Shape::OneLine ? "1-line" : "4-lines";
}

std::string vendor_id(std::uint32_t item) {
  return fmt::format("v{:02}", item % kVendors);
}

std::string product_id(std::uint32_t item) {
  return fmt::format("p{:05}", item);
}

std::vector<Items> make_orders(Spread spread, Shape shape, std::uint32_t items, std::size_t count,
                               std::uint64_t seed) {
  std::mt19937_64 random(seed);
  auto rank = ranks(spread, items);
  std::vector<Items> orders(count);
  for (Items& order : orders) {
    const std::uint32_t first = rank(random);
    order = {first};
    if (shape == Shape::OneLine) continue;
    std::uint32_t second = rank(random);
    if (second % kVendors == first % kVendors) second = (second + 1) % items;
    order = {first, sibling(first, items), second, sibling(second, items)};
    std::ranges::sort(order, {}, [](std::uint32_t k) { return std::pair(k % kVendors, k); });
  }
  return orders;
}

std::vector<domain::Command> fill_commands(std::uint32_t items) {
  std::vector<domain::Command> commands;
  for (std::uint32_t v = 0; v < kVendors; ++v) {
    commands.push_back(domain::RegisterVendor{{vendor_id(v)}, "Vendor", {}, {}});
  }
  for (std::uint32_t k = 0; k < items; ++k) {
    domain::ListProduct list{{vendor_id(k)}, {product_id(k)}, {}};
    list.details.name = fmt::format("Mountain Bike Part {}", k);
    list.details.sku = fmt::format("MB-{:05}", k);
    list.details.price = {1999, {"USD"}};
    commands.push_back(std::move(list));
    domain::CountStock count;
    count.vendor_id = {vendor_id(k)};
    count.product_id = {product_id(k)};
    count.quantity = kPlenty;
    commands.push_back(std::move(count));
  }
  return commands;
}

domain::PlaceOrder place_order(const std::string& order_id, const Items& items) {
  domain::PlaceOrder command;
  command.order_id = {order_id};
  command.customer_id = {"customer-1"};
  for (const std::uint32_t k : items) {
    command.items.push_back({{vendor_id(k)}, {product_id(k)}, 1, {}, {}});
  }
  command.shipping_address = {std::string(kSealedAddressChars, 'a')};
  command.asked_by = domain::Role::Customer;
  return command;
}

eventstore::Request order_request(const std::string& order_id, const Items& items) {
  eventstore::Request request;
  request.command = place_order(order_id, items);
  request.id = order_id;
  request.digest = "AAAAAAAAAAAAAAAAAAAAAA";
  request.status = 201;
  request.by = "customer:customer-1";
  return request;
}

}  // namespace cassette::bench
