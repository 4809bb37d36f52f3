// Permissions: the one table of who may do what: a row an operation, a column a role. It judges
// roles and scopes; whose an object is, ownership.h finds out. What has no row is nobody's but the
// administrator's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/http/problem.h"
#include "api/identity/caller.h"
#include "domain/check.h"

namespace cassette::api {

// Who asks, in the order of the table's columns.
enum class Asker : std::uint8_t { Admin, Service, Vendor, Customer, Auditor, Anonymous };
inline constexpr std::size_t kAskers = 6;

enum class Access : std::uint8_t {
  No,
  All,
  Own,  // of what is theirs, as the row's Owner says
};

// Whose the object of a request is, and what someone else's answer is.
enum class Owner : std::uint8_t {
  Nobody,
  Vendor,        // the path's vendorId; another's is 404
  KnownVendor,   // likewise, of what everybody may see: another's is 403
  Customer,      // the path's customerId; another's is 404
  Order,         // the order's customer, or a vendor of a sub-order; another's is 404
  BodyCustomer,  // customerId of the body, which may be left out; another's is 403
  QueryVendor,   // vendorId of the query, which may be left out; another's is 403
  QueryItems,    // each `item` of the query; another's is left out, as one that is not there
};

struct Permission {
  std::string_view operation_id;
  std::array<Access, kAskers> access{};
  Owner owner = Owner::Nobody;
  // What a narrowed token must have; empty: nothing, since anybody may, or nobody with such a
  // token.
  std::string_view scope = {};
  // Anonymous callers may only while the catalogue is public.
  bool catalogue = false;

  constexpr Access of(Asker asker) const { return access[static_cast<std::size_t>(asker)]; }
  // Nobody is asked who they are; such a route looks at Authorization itself, if at all.
  constexpr bool open() const { return of(Asker::Anonymous) == Access::All && !catalogue; }
};

std::span<const Permission> permissions();
// Null when there is no row.
const Permission* permission_of(std::string_view operation_id);

Asker asker_of(const Caller& caller);

// Whether a token with these scopes, all when there are none, opens `scope`. "stock:write" opens
// "stock:read" too: who writes is answered with what they wrote.
bool opens(std::span<const std::string> scopes, std::string_view scope);

// The caller may not do this at all: 401 for someone who shows no token, else 403. Nothing where it
// may, on some objects at least.
std::optional<Problem> refuse_role(const Caller& caller, const Permission& permission,
                                   bool private_catalogue);

// What is there to see of a vendor and its stock: all of it, or what is public.
bool sees_all_of(const Caller& caller, std::string_view vendor_id);

// The table for people: a line a row. And for programs:
// {"operations":[{"operationId":"readOrder","admin":"all",…,"foreign":404,"scope":"orders:read"}]}
std::string permissions_text();
std::string permissions_json();

}  // namespace cassette::api

template <>
struct cassette::EnumNames<cassette::api::Asker> {
  static constexpr std::array<std::string_view, 6> values{"admin",    "service", "vendor",
                                                          "customer", "auditor", "anonymous"};
};
template <>
struct cassette::EnumNames<cassette::api::Access> {
  static constexpr std::array<std::string_view, 3> values{"no", "all", "own"};
};
