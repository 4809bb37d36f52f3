// Views: which document of an order a caller sees. A vendor sees its own part and nothing of its
// siblings; every other caller that may see the order sees the whole.
#pragma once

#include <string>
#include <string_view>

#include "api/http/reads.h"

namespace cassette::api {

struct View {
  Model model = Model::Orders;
  std::string key;
  std::string_view entity;
};

inline View view_of_order(const Caller& caller, const domain::OrderId& order) {
  if (caller.role == domain::Role::Vendor && caller.vendor_id) {
    return {Model::VendorOrders, caller.vendor_id->value + '/' + order.value, "sub-order"};
  }
  return {Model::Orders, order.value, "order"};
}

}  // namespace cassette::api
