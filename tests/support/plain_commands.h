// Commands with everything that a test does not care about filled in.
#pragma once

#include <string>
#include <vector>

#include "domain/commands.h"

namespace cassette::testing {

inline domain::RegisterVendor register_vendor(const std::string& vendor) {
  return {{vendor}, "Vendor " + vendor, {}, {}};
}

inline domain::ListProduct list_product(const std::string& vendor, const std::string& product,
                                        std::int64_t price = 1000) {
  domain::ListProduct command{{vendor}, {product}, {}};
  command.details.name = "Product " + product;
  command.details.sku = "SKU-" + product;
  command.details.price = {price, {"USD"}};
  return command;
}

inline domain::CountStock count_stock(const std::string& vendor, const std::string& product,
                                      domain::Quantity quantity) {
  domain::CountStock command;
  command.vendor_id = {vendor};
  command.product_id = {product};
  command.quantity = quantity;
  return command;
}

inline domain::OrderItem item(const std::string& vendor, const std::string& product,
                              domain::Quantity quantity) {
  return {{vendor}, {product}, quantity, {}, {}};
}

inline domain::PlaceOrder place_order(const std::string& order,
                                      std::vector<domain::OrderItem> items) {
  domain::PlaceOrder command;
  command.order_id = {order};
  command.customer_id = {"customer-1"};
  command.items = std::move(items);
  command.shipping_address = {"sealed address"};
  command.asked_by = domain::Role::Administrator;
  return command;
}

inline domain::PlaceOrder place_manual_order(const std::string& order,
                                             std::vector<domain::OrderItem> items) {
  domain::PlaceOrder command = place_order(order, std::move(items));
  command.confirmation = domain::Confirmation::Manual;
  return command;
}

inline domain::AdvanceSubOrder advance(const std::string& order, const std::string& vendor,
                                       domain::OrderStatus status) {
  domain::AdvanceSubOrder command;
  command.order_id = {order};
  command.vendor_id = {vendor};
  command.status = status;
  command.shipment_id = {"shipment-" + order};
  return command;
}

inline domain::CancelOrder cancel_order(const std::string& order) {
  return {{order}, "changed my mind", domain::Role::Administrator, {}};
}

}  // namespace cassette::testing
