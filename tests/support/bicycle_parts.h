// The vendors, parts and orders that the domain's tests tell their stories with.
#pragma once

#include <string>

#include "domain/commands.h"
#include "domain/events.h"
#include "domain/marketplace.h"

namespace cassette::tests {

inline const domain::VendorId kAcme{"acme"};
inline const domain::VendorId kBolt{"bolt"};
inline const domain::ProductId kChain{"chain"};
inline const domain::ProductId kPedal{"pedal"};
inline const domain::OrderId kOrder{"o1"};
inline const domain::CustomerId kCustomer{"c1"};
inline const domain::WarehouseId kMain{std::string(domain::kMainWarehouse)};
inline const domain::Currency kUsd{"USD"};

inline domain::Money usd(std::int64_t cents) {
  return {cents, kUsd};
}

inline domain::ProductDetails details(std::string name, std::int64_t cents) {
  domain::ProductDetails details;
  details.sku = "SKU-" + name;
  details.name = std::move(name);
  details.price = usd(cents);
  details.category = "drivetrain";
  return details;
}

inline domain::VendorRegistered registered(const domain::VendorId& vendor) {
  return {vendor, vendor.value + " Ltd", {}, {}};
}
inline domain::ProductListed listed(const domain::VendorId& vendor,
                                    const domain::ProductId& product, std::int64_t cents = 1000) {
  return {vendor, product, details(product.value, cents)};
}
inline domain::StockCounted counted(const domain::VendorId& vendor,
                                    const domain::ProductId& product, domain::Quantity quantity) {
  return {vendor, product, kMain, quantity};
}

inline domain::CountStock count(const domain::VendorId& vendor, const domain::ProductId& product,
                                domain::Quantity quantity) {
  domain::CountStock command;
  command.vendor_id = vendor;
  command.product_id = product;
  command.quantity = quantity;
  return command;
}

inline domain::OrderItem item(const domain::VendorId& vendor, const domain::ProductId& product,
                              domain::Quantity quantity) {
  return {vendor, product, quantity, std::nullopt, std::nullopt};
}

inline domain::PlaceOrder place(const domain::OrderId& order,
                                std::vector<domain::OrderItem> items) {
  domain::PlaceOrder command;
  command.order_id = order;
  command.customer_id = kCustomer;
  command.items = std::move(items);
  return command;
}

inline domain::PlaceOrder place_manual(const domain::OrderId& order,
                                       std::vector<domain::OrderItem> items) {
  domain::PlaceOrder command = place(order, std::move(items));
  command.confirmation = domain::Confirmation::Manual;
  return command;
}

inline domain::AdvanceSubOrder advance(const domain::VendorId& vendor, const domain::OrderId& order,
                                       domain::OrderStatus status) {
  domain::AdvanceSubOrder command;
  command.order_id = order;
  command.vendor_id = vendor;
  command.status = status;
  command.shipment_id = {"s-" + order.value};
  return command;
}

inline domain::CancelOrder cancel(const domain::OrderId& order) {
  return {order, "changed my mind", domain::Role::Administrator, std::nullopt};
}

inline domain::ConfirmOrder confirm(const domain::OrderId& order) {
  return {order, std::nullopt};
}

// A vendor with one part on its shelf, as events.
inline domain::Events shop(const domain::VendorId& vendor, const domain::ProductId& product,
                           domain::Quantity quantity) {
  return {registered(vendor), listed(vendor, product), counted(vendor, product, quantity)};
}

// The same as commands, for a runner.
inline std::vector<domain::Command> open_shop(const domain::VendorId& vendor,
                                              const domain::ProductId& product,
                                              domain::Quantity quantity) {
  return {domain::RegisterVendor{vendor, vendor.value + " Ltd", {}, {}},
          domain::ListProduct{vendor, product, details(product.value, 1000)},
          count(vendor, product, quantity)};
}

}  // namespace cassette::tests
