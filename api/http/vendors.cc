// Vendors: register, list, read, change, suspend and reinstate.
#include "api/http/handlers.h"
#include "api/http/preconditions.h"
#include "api/http/writes.h"

namespace cassette::api {
namespace {

using domain::VendorStatus;

// Attempts at a partial change of the contact while others change the vendor.
constexpr int kMaxMergeAttempts = 5;

struct LocationRequest {
  domain::WarehouseId warehouse_id;
  std::optional<Reason> address;
  std::optional<CountryCode> country_code;

  static void fields(auto& self, auto&& visit) {
    visit("warehouseId", self.warehouse_id);
    visit("address", self.address);
    visit("countryCode", self.country_code);
  }
};

using LocationRequests = Items<LocationRequest, 0, kMaxWarehouseLocations>;

struct RegisterRequest {
  std::optional<domain::VendorId> vendor_id;
  Name name;
  std::optional<ContactRequest> contact_info;
  std::optional<LocationRequests> warehouse_locations;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("name", self.name);
    visit("contactInfo", self.contact_info);
    visit("warehouseLocations", self.warehouse_locations);
  }
};

struct ChangeRequest {
  std::optional<Name> name;
  Patch<ContactPatch> contact_info;
  Patch<LocationRequests> warehouse_locations;
  std::optional<VendorStatus> status;
  std::optional<Reason> reason;

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("contactInfo", self.contact_info);
    visit("warehouseLocations", self.warehouse_locations);
    visit("status", self.status);
    visit("reason", self.reason);
  }
  bool changes_details() const {
    return name || !contact_info.absent() || !warehouse_locations.absent();
  }
};

std::string subject_of(const domain::VendorId& id) {
  return "vendor:" + id.value;
}

std::vector<domain::WarehouseLocation> to_locations(const LocationRequests& requests) {
  std::vector<domain::WarehouseLocation> locations;
  for (const LocationRequest& request : requests.values) {
    locations.push_back({request.warehouse_id, request.address ? request.address->value : "",
                         request.country_code ? request.country_code->value : ""});
  }
  return locations;
}

Written written(const domain::VendorId& id) {
  return {Model::Vendors, id.value, "vendor", "/vendors/" + id.value};
}

// The change that the patch means to the vendor as it is stored.
Answered<domain::ChangeVendor> to_change(const Call& call, const ChangeRequest& patch,
                                         const Preconditions& demanded) {
  domain::ChangeVendor change;
  change.vendor_id = call.vendor_id();
  change.expected_version = demanded.version;
  if (patch.name) change.name = patch.name->value;
  if (!patch.warehouse_locations.absent()) {
    change.warehouse_locations = to_locations(patch.warehouse_locations.value);
  }
  if (patch.contact_info.absent()) return change;
  const auto stored = read_document(call, Model::Vendors, call.ids[0], "vendor");
  if (!stored) return Failure{stored.error()};
  auto contact =
      merge_contact(call, subject_of(call.vendor_id()), stored.value().body, patch.contact_info);
  if (!contact) return Failure{std::move(contact).error()};
  change.contact_info = std::move(contact).value();
  if (!change.expected_version) change.expected_version = stored.value().version;
  return change;
}

// A merge stands on the version it was read at: when another change came between, it is made anew.
Answered<eventstore::Accepted> change_details(const Call& call, const ChangeRequest& patch,
                                              const Preconditions& demanded) {
  for (int attempt = 1;; ++attempt) {
    auto change = to_change(call, patch, demanded);
    if (!change) return Failure{std::move(change).error()};
    auto accepted = submit(call, {std::move(change).value()});
    const bool raced = !accepted && accepted.error().status == 412 && !demanded.version;
    if (!raced || attempt == kMaxMergeAttempts) return accepted;
    await_heads(call);
  }
}

// The status part of a patch. An If-Match has been compared already when details changed as well.
Answered<eventstore::Accepted> suspend_or_reinstate(const Call& call, const ChangeRequest& patch,
                                                    std::optional<domain::Version> expected) {
  if (*patch.status == VendorStatus::Active) {
    return submit(call, {domain::ReinstateVendor{call.vendor_id(), expected}, 200, {}, "status"});
  }
  const std::string reason = patch.reason ? patch.reason->value : "";
  return submit(call,
                {domain::SuspendVendor{call.vendor_id(), expected, reason}, 200, {}, "status"});
}

}  // namespace

Answered<Response> register_vendor(const Call& call) {
  auto body = read_body<RegisterRequest>(call);
  if (!body) return Failure{std::move(body).error()};
  RegisterRequest& request = body.value();
  domain::RegisterVendor command;
  command.vendor_id = id_or_new(call, request.vendor_id);
  command.name = std::move(request.name.value);
  auto contact = seal_contact(call, subject_of(command.vendor_id), request.contact_info);
  if (!contact) return Failure{std::move(contact).error()};
  command.contact_info = std::move(contact).value();
  if (request.warehouse_locations) {
    command.warehouse_locations = to_locations(*request.warehouse_locations);
  }
  const Written where = written(command.vendor_id);
  return write_and_respond(call, {std::move(command), 201}, where);
}

Answered<Response> list_vendors(const Call& call) {
  QueryReader reader(call.parameters);
  ListQuery query;
  query.list = ListQuery::List::Vendors;
  return get_list(call, std::move(query), reader);
}

Answered<Response> read_vendor(const Call& call) {
  return get_document(call, Model::Vendors, call.ids[0], "vendor");
}

Answered<Response> change_vendor(const Call& call) {
  const auto body = read_body<ChangeRequest>(call);
  if (!body) return Failure{body.error()};
  const ChangeRequest& patch = body.value();
  const auto demanded = preconditions_of(call);
  if (!demanded) return Failure{demanded.error()};
  if (patch.reason && patch.status != VendorStatus::Suspended) {
    return Failure{invalid_field("reason", "goes with the status Suspended")};
  }
  if (patch.status && call.caller.role != domain::Role::Administrator) {
    return Failure{not_permitted("A vendor's status is an administrator's.").at("status")};
  }
  const Written where = written(call.vendor_id());
  std::optional<domain::Version> expected = demanded.value().version;
  Answered<eventstore::Accepted> accepted = Failure{no_such_route()};
  if (patch.changes_details() || !patch.status) {
    accepted = change_details(call, patch, demanded.value());
    if (!accepted) return Failure{std::move(accepted).error()};
    expected.reset();
  }
  if (patch.status) accepted = suspend_or_reinstate(call, patch, expected);
  if (!accepted) return Failure{std::move(accepted).error()};
  return respond_written(call, accepted.value(), where);
}

}  // namespace cassette::api
