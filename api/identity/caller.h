// Caller: who asks, as every handler sees it. It says who and not what for: what a caller may do is
// the permission table's (api/http/permissions.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/decision.h"
#include "domain/values.h"

namespace cassette::api {

struct Caller {
  domain::Role role = domain::Role::Auditor;
  bool anonymous = false;  // no credential: then `role` says nothing, and allows nothing
  // "admin", "vendor:1580", "customer:c-17", "auditor:<credential>", "service:<credential>",
  // "anonymous".
  std::string principal;
  std::optional<domain::VendorId> vendor_id;      // the only one that a vendor's token speaks for
  std::optional<domain::CustomerId> customer_id;  // likewise of a customer's
  std::string credential_id;                      // whose token it is; empty for who has none
  std::vector<std::string> scopes;  // narrower than the role; empty: all that the role may
};

// Who sends no token.
inline Caller anonymous_caller() {
  Caller caller;
  caller.anonymous = true;
  caller.principal = "anonymous";
  return caller;
}

// Everybody, where nobody is asked who they are (--insecure-no-auth).
inline Caller administrator_caller() {
  Caller caller;
  caller.role = domain::Role::Administrator;
  caller.principal = "admin";
  return caller;
}

}  // namespace cassette::api
