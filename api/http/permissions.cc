// Permissions: the table, and what it says to one caller.
#include "api/http/permissions.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/http/json_text.h"

namespace cassette::api {
namespace {

// A row of letters, a role each: All, Own, or - for no. Another letter doesn't compile.
consteval Permission row(std::string_view operation_id, std::string_view letters,
                         Owner owner = Owner::Nobody, std::string_view scope = {}) {
  Permission permission{operation_id, {}, owner, scope};
  for (std::size_t i = 0; i < kAskers; ++i) {
    switch (letters.at(i)) {
      case 'A':
        permission.access[i] = Access::All;
        break;
      case 'O':
        permission.access[i] = Access::Own;
        break;
      case '-':
        break;
      default:
        throw "no such letter";
    }
  }
  return permission;
}

// What the catalogue shows: to anybody, unless it is private.
consteval Permission shown(Permission permission) {
  permission.catalogue = true;
  return permission;
}

using enum Owner;

// clang-format off
constexpr std::array kPermissions = {
    // admin, service, vendor, customer, auditor, anonymous
    row("registerVendor",      "A-----", Nobody, "vendors:write"),
    shown(row("listVendors", "AAAAAA")),
    shown(row("readVendor", "AAAAAA")),
    row("changeVendor",        "A-O---", KnownVendor, "vendors:write"),
    row("mintNatsCredentials", "A-O---", KnownVendor, "feed:read"),
    row("revokeNatsCredentials", "A-O---", KnownVendor, "feed:read"),

    row("listProduct",         "A-O---", KnownVendor, "catalogue:write"),
    shown(row("listVendorProducts", "AAAAAA")),
    shown(row("readProduct", "AAAAAA")),
    row("reviseProduct",       "A-O---", KnownVendor, "catalogue:write"),
    row("delistProduct",       "A-O---", KnownVendor, "catalogue:write"),
    shown(row("searchProducts", "AAAAAA")),

    shown(row("listStock",           "AAOAAA", Vendor, "stock:read")),
    row("writeStockInBulk",    "A-O---", Vendor, "stock:write"),
    shown(row("readStock",           "AAOAAA", Vendor, "stock:read")),
    row("countStock",          "A-O---", Vendor, "stock:write"),
    row("adjustStock",         "A-O---", Vendor, "stock:write"),
    shown(row("readManyStocks",      "AAOAAA", QueryItems, "stock:read")),

    row("placeOrder",          "AA-O--", BodyCustomer, "orders:write"),
    row("listOrders",          "AA--A-", Nobody, "orders:read"),
    row("readOrder",           "AAOOA-", Order, "orders:read"),
    row("listVendorOrders",    "AAO-A-", Vendor, "orders:read"),
    row("readVendorOrder",     "AAO-A-", Vendor, "orders:read"),
    row("listCustomerOrders",  "AA-OA-", Customer, "orders:read"),
    row("changeStatus",        "AAOO--", Order, "orders:write"),
    row("confirmOrder",        "AA----", Nobody, "orders:write"),
    row("cancelOrder",         "AAOO--", Order, "orders:write"),
    row("changeAddress",       "AA-O--", Order, "orders:write"),
    row("ship",                "AAO---", Order, "orders:write"),
    row("updateShipment",      "AAO---", Order, "orders:write"),
    row("requestReturn",       "AAOO--", Order, "orders:write"),
    row("resolveReturn",       "AAO---", Order, "orders:write"),

    row("registerCustomer",    "AA-O--", BodyCustomer, "customers:write"),
    row("listCustomers",       "A---A-", Nobody, "customers:read"),
    row("readCustomer",        "AA-OA-", Customer, "customers:read"),
    row("changeCustomer",      "AA-O--", Customer, "customers:write"),
    row("eraseCustomer",       "A-----", Nobody, "customers:write"),
    row("exportCustomer",      "A--OA-", Customer, "customers:read"),

    // Who sees what there, the live gateway says.
    row("followLive", "AAAAAA"),
    row("makeLiveTicket", "AAAAA-"),

    row("listEvents",          "A-O-A-", QueryVendor, "events:read"),
    row("listSecurityEvents",  "A---A-", Nobody, "events:read"),
    row("listHeads",           "A---A-", Nobody, "events:read"),
    row("listNotaryKeys",      "A---A-", Nobody, "events:read"),
    row("readProof",           "A---A-", Nobody, "events:read"),
    row("readContract", "AAAAAA"),
    row("isAlive", "AAAAAA"),
    row("isReady", "AAAAAA"),

    // Who asks these shows it in the form, a cookie or HTTP Basic.
    row("issueToken", "AAAAAA"),
    row("refreshToken", "AAAAAA"),
    row("authorize", "AAAAAA"),
    row("signIn", "AAAAAA"),
    row("revokeToken", "AAAAAA"),
    row("introspectToken", "AAAAAA"),
    row("readOpenIdConfiguration", "AAAAAA"),
    row("readAuthorizationServer", "AAAAAA"),
    row("readKeys", "AAAAAA"),
};
// clang-format on

// "foreign" of the JSON: the status of an answer about somebody else's object; 0: there is none.
constexpr int status_for_foreign(Owner owner) {
  switch (owner) {
    case Vendor:
    case Customer:
    case Order:
      return 404;
    case KnownVendor:
    case QueryVendor:
    case BodyCustomer:
      return 403;
    case QueryItems:
      return 200;
    case Nobody:
      return 0;
  }
  return 0;
}

constexpr std::string_view kWrite = ":write";
constexpr std::string_view kRead = ":read";

}  // namespace

std::span<const Permission> permissions() {
  return kPermissions;
}

const Permission* permission_of(std::string_view operation_id) {
  const auto found = std::ranges::find(kPermissions, operation_id, &Permission::operation_id);
  return found == kPermissions.end() ? nullptr : &*found;
}

Asker asker_of(const Caller& caller) {
  if (caller.anonymous) return Asker::Anonymous;
  switch (caller.role) {
    case domain::Role::Administrator:
      return Asker::Admin;
    case domain::Role::Service:
      return Asker::Service;
    case domain::Role::Vendor:  // of no vendor: nobody
      return caller.vendor_id ? Asker::Vendor : Asker::Anonymous;
    case domain::Role::Customer:
      return caller.customer_id ? Asker::Customer : Asker::Anonymous;
    case domain::Role::Auditor:
      return Asker::Auditor;
    case domain::Role::System:  // no token speaks for the engines
      break;
  }
  return Asker::Anonymous;
}

bool opens(std::span<const std::string> scopes, std::string_view scope) {
  if (scopes.empty() || scope.empty()) return true;
  if (std::ranges::find(scopes, scope) != scopes.end()) return true;
  if (!scope.ends_with(kRead)) return false;
  const std::string_view area = scope.substr(0, scope.size() - kRead.size());
  return std::ranges::any_of(scopes, [area](std::string_view has) {
    return has.starts_with(area) && has.substr(area.size()) == kWrite;
  });
}

std::optional<Problem> refuse_role(const Caller& caller, const Permission& permission,
                                   bool private_catalogue) {
  const Asker asker = asker_of(caller);
  if (asker == Asker::Anonymous) {
    const bool closed = permission.catalogue && private_catalogue;
    if (permission.of(asker) == Access::No || closed) return token_required();
    return std::nullopt;
  }
  if (permission.of(asker) == Access::No) {
    return not_permitted(fmt::format("Not for the role {}.", name_of(asker)));
  }
  if (!opens(caller.scopes, permission.scope)) return insufficient_scope(permission.scope);
  return std::nullopt;
}

bool sees_all_of(const Caller& caller, std::string_view vendor_id) {
  switch (asker_of(caller)) {
    case Asker::Admin:
    case Asker::Service:
    case Asker::Auditor:
      return true;
    case Asker::Vendor:
      return caller.vendor_id && caller.vendor_id->value == vendor_id;
    case Asker::Customer:
    case Asker::Anonymous:
      return false;
  }
  return false;
}

std::string permissions_text() {
  std::string text = fmt::format("{:<24}", "operation");
  for (const std::string_view asker : EnumNames<Asker>::values)
    text += fmt::format("{:<10}", asker);
  text += "scope\n";
  for (const Permission& row : kPermissions) {
    text += fmt::format("{:<24}", row.operation_id);
    for (const Access access : row.access) text += fmt::format("{:<10}", name_of(access));
    text.append(row.scope.empty() ? "-" : row.scope).append(1, '\n');
  }
  return text;
}

std::string permissions_json() {
  std::string json = "{\"operations\":[";
  for (const Permission& row : kPermissions) {
    if (json.back() != '[') json += ',';
    json += '{';
    append_member(json, "operationId", row.operation_id);
    for (std::size_t i = 0; i < kAskers; ++i) {
      append_member(json, EnumNames<Asker>::values[i], row.access[i]);
    }
    const bool owned = std::ranges::find(row.access, Access::Own) != row.access.end();
    if (owned) append_member(json, "foreign", status_for_foreign(row.owner));
    if (!row.scope.empty()) append_member(json, "scope", row.scope);
    json += '}';
  }
  return json += "]}";
}

}  // namespace cassette::api
