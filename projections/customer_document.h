// CustomerDocument: a customer as GET /customers/{c} serves it; all it says stays sealed.
// An erased customer keeps its id, status and times, and nothing else.
#pragma once

#include <vector>

#include "domain/customer.h"
#include "projections/fold_meta.h"

namespace cassette::projections {

struct CustomerDocument {
  domain::CustomerId customer_id;
  domain::Sealed name;
  domain::ContactInfo contact_info;
  Shown<std::vector<domain::Sealed>> addresses{std::in_place};
  domain::CustomerStatus status = domain::CustomerStatus::Active;
  domain::Version version = 0;
  domain::Timestamp created_at;
  domain::Timestamp updated_at;

  static void fields(auto& self, auto&& visit) {
    visit("customerId", self.customer_id);
    visit("name", self.name);
    visit("contactInfo", self.contact_info);
    visit("addresses", self.addresses);
    visit("status", self.status);
    visit("version", self.version);
    visit("createdAt", self.created_at);
    visit("updatedAt", self.updated_at);
  }
  bool operator==(const CustomerDocument&) const = default;
};

void evolve(CustomerDocument& document, const domain::CustomerRegistered& event,
            const FoldMeta& meta);
void evolve(CustomerDocument& document, const domain::CustomerChanged& event, const FoldMeta& meta);
// Also of an id that was never registered.
void evolve(CustomerDocument& document, const domain::CustomerErased& event, const FoldMeta& meta);

}  // namespace cassette::projections
