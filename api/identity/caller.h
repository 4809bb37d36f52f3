// Caller: who asks, as every handler sees it. It is made here and nowhere else, so that who may do
// what can change without touching a handler.
#pragma once

#include <optional>
#include <string>

#include "domain/decision.h"
#include "domain/values.h"

namespace cassette::api {

struct Caller {
  domain::Role role = domain::Role::Auditor;
  std::string principal;                          // "admin", "vendor:1580", "customer:c-17"
  std::optional<domain::VendorId> vendor_id;      // the only one that a vendor's token speaks for
  std::optional<domain::CustomerId> customer_id;  // likewise of a customer's
};

// The caller of a request. Every one is the administrator: the listener is on loopback only.
inline Caller caller_of_request() {
  return {domain::Role::Administrator, "admin", {}, {}};
}

}  // namespace cassette::api
