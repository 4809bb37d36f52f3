// Ownership: by the path, and by the documents of orders.
#include "api/http/ownership.h"

#include "api/http/reads.h"
#include "eventstore/json_read.h"

namespace cassette::api {
namespace {

// Of an order's document, all that says whose it is.
struct OwnerGlance {
  domain::CustomerId customer_id;

  static void fields(auto& self, auto&& visit) { visit("customerId", self.customer_id); }
};

bool is_own_vendor(const Call& call, std::string_view id) {
  return call.caller.vendor_id && call.caller.vendor_id->value == id;
}

bool is_own_customer(const Call& call, std::string_view id) {
  return call.caller.customer_id && call.caller.customer_id->value == id;
}

// Both miss alike: an order that is there and one that is not. A vendor's part is looked for where
// that vendor's own partition has it.
Answered<bool> is_own_order(const Call& call) {
  const std::string& order = call.ids[0];
  if (asker_of(call.caller) == Asker::Vendor) {
    const std::string key = call.caller.vendor_id->value + '/' + order;
    const auto part = find_document(call, Model::VendorOrders, key);
    if (!part) return Failure{part.error()};
    return part.value().has_value();
  }
  const auto document = find_document(call, Model::Orders, order);
  if (!document) return Failure{document.error()};
  OwnerGlance glance;
  return document.value() && eventstore::read_json(document.value()->body, glance) &&
         is_own_customer(call, glance.customer_id.value);
}

}  // namespace

std::optional<Problem> refuse_foreign(const Call& call, const Permission& permission) {
  if (permission.of(asker_of(call.caller)) != Access::Own) return std::nullopt;
  switch (permission.owner) {
    case Owner::Vendor:
      if (is_own_vendor(call, call.ids[0])) return std::nullopt;
      return not_found("vendor", call.ids[0]);
    case Owner::KnownVendor:
      if (is_own_vendor(call, call.ids[0])) return std::nullopt;
      return not_permitted("A vendor changes what is its own.").at("vendorId");
    case Owner::Customer:
      if (is_own_customer(call, call.ids[0])) return std::nullopt;
      return not_found("customer", call.ids[0]);
    case Owner::Order: {
      const auto own = is_own_order(call);
      if (!own) return own.error();
      if (own.value()) return std::nullopt;
      return not_found("order", call.ids[0]);
    }
    case Owner::BodyCustomer:  // its handler reads it
    case Owner::QueryVendor:
    case Owner::QueryItems:
      return std::nullopt;
    case Owner::Nobody:
      break;
  }
  return not_permitted("Nothing of it can be one's own.");
}

Answered<domain::CustomerId> customer_meant(const Call& call,
                                            const std::optional<domain::CustomerId>& named) {
  const auto& own = call.caller.customer_id;
  if (asker_of(call.caller) != Asker::Customer) {
    if (named) return *named;
    return Failure{missing_field("customerId")};
  }
  if (!named || *named == *own) return *own;
  return Failure{not_permitted("A customer acts for itself alone.").at("customerId")};
}

std::optional<Problem> narrow_to_own(const Call& call, std::optional<domain::VendorId>& named) {
  const auto& own = call.caller.vendor_id;
  if (asker_of(call.caller) != Asker::Vendor) return std::nullopt;
  if (named && *named != *own) {
    return not_permitted("A vendor changes its own part of an order.").at("vendorId");
  }
  named = own;
  return std::nullopt;
}

}  // namespace cassette::api
