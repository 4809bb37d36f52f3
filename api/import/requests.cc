// Requests: paths, keys and facts of each kind of write.
#include "api/import/requests.h"

#include <fmt/format.h>

#include "api/import/facts.h"
#include "eventstore/json_write.h"

namespace cassette::api::importing {
namespace {

struct OccurredBody {
  std::optional<domain::Timestamp> occurred_at;

  static void fields(auto& self, auto&& visit) { visit("occurredAt", self.occurred_at); }
  bool operator==(const OccurredBody&) const = default;
};

struct SuspensionBody {
  std::string status;
  std::string reason;

  static void fields(auto& self, auto&& visit) {
    visit("status", self.status);
    visit("reason", self.reason);
  }
  bool operator==(const SuspensionBody&) const = default;
};

// A header takes no more than visible characters, and a fact may hold a note's text.
std::string key_of(const std::string& source, const std::string& fact) {
  std::string key = source + ":" + fact;
  for (char& c : key) {
    if (c <= ' ' || c > '~') c = '_';
  }
  return key;
}

}  // namespace

Write Requests::make(std::string method, std::string path, std::string body,
                     std::string fact) const {
  std::string key = key_of(source_, fact);
  return {std::move(method), std::move(path), std::move(body), std::move(key), std::move(fact)};
}

Write Requests::vendor(const VendorBody& body) const {
  return make("POST", "/vendors", eventstore::to_json(body), fact("vendor", body.vendor_id));
}

Write Requests::suspension(const std::string& vendor, const std::string& reason) const {
  return make("PATCH", "/vendors/" + vendor,
              eventstore::to_json(SuspensionBody{"Suspended", reason}), fact("suspended", vendor));
}

Write Requests::customer(const CustomerBody& body) const {
  return make("POST", "/customers", eventstore::to_json(body), fact("customer", body.customer_id));
}

Write Requests::product(const std::string& vendor, const ProductBody& body) const {
  return make("POST", fmt::format("/vendors/{}/products", vendor), eventstore::to_json(body),
              fact("product", vendor, body.product_id));
}

Write Requests::count(const std::string& vendor, const std::string& product,
                      const CountBody& body) const {
  Write write = make("POST", fmt::format("/vendors/{}/inventory/{}", vendor, product),
                     eventstore::to_json(body), fact("stock", vendor, product));
  write.first_only = true;
  return write;
}

Write Requests::order(const OrderBody& body) const {
  return make("POST", "/orders", eventstore::to_json(body), fact("order", body.order_id));
}

Write Requests::confirmation(const std::string& order, std::optional<domain::Timestamp> at) const {
  return make("POST", fmt::format("/orders/{}/confirmation", order),
              eventstore::to_json(OccurredBody{at}), fact("confirmed", order));
}

Write Requests::status(const std::string& order, const ChangeBody& body) const {
  return make("PATCH", fmt::format("/orders/{}/status", order), eventstore::to_json(body),
              fact("status", order, body.vendor_id, body.status));
}

Write Requests::shipment(const std::string& order, const ChangeBody& body) const {
  return make("POST", fmt::format("/orders/{}/shipments", order), eventstore::to_json(body),
              fact("shipment", order, body.vendor_id, body.shipment_id));
}

Write Requests::note(const std::string& order, const ChangeBody& body) const {
  return make("PATCH", fmt::format("/orders/{}/status", order), eventstore::to_json(body),
              fact("note", order, body.vendor_id, body.note));
}

Write Requests::shipment_note(const std::string& order, const std::string& shipment,
                              const ChangeBody& body) const {
  return make("PATCH", fmt::format("/orders/{}/shipments/{}", order, shipment),
              eventstore::to_json(body), fact("note", order, body.vendor_id, body.note));
}

Write Requests::goods_return(const std::string& order, const ChangeBody& body) const {
  return make("POST", fmt::format("/orders/{}/returns", order), eventstore::to_json(body),
              fact("return", order, body.vendor_id, body.return_id));
}

Write Requests::resolution(const std::string& order, const std::string& goods_return,
                           const ChangeBody& body) const {
  return make("PATCH", fmt::format("/orders/{}/returns/{}", order, goods_return),
              eventstore::to_json(body),
              fact("return", order, body.vendor_id, goods_return, "resolved"));
}

}  // namespace cassette::api::importing
