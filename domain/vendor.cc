// Vendor: folds and decides registration, changes, suspension and reinstatement.
// It refuses to look at products or orders.
#include "domain/vendor.h"

#include "domain/preconditions.h"

namespace cassette::domain {
namespace {

// Keeps `wanted` only where it differs from what stands.
template <class T>
std::optional<T> difference(const std::optional<T>& wanted, const T& current) {
  return wanted && *wanted != current ? wanted : std::nullopt;
}

template <class T>
void assign(T& member, const std::optional<T>& value) {
  if (value) member = *value;
}

}  // namespace

// ---- evolve

void evolve(Vendor& vendor, const VendorRegistered& event) {
  CHECK(!vendor.exists());
  vendor.version = 1;
  vendor.name = event.name;
  vendor.contact_info = event.contact_info;
  vendor.warehouse_locations = event.warehouse_locations;
}

void evolve(Vendor& vendor, const VendorChanged& event) {
  CHECK(vendor.exists());
  ++vendor.version;
  assign(vendor.name, event.name);
  assign(vendor.contact_info, event.contact_info);
  assign(vendor.warehouse_locations, event.warehouse_locations);
}

void evolve(Vendor& vendor, const VendorSuspended&) {
  CHECK(vendor.exists());
  ++vendor.version;
  vendor.status = VendorStatus::Suspended;
}

void evolve(Vendor& vendor, const VendorReinstated&) {
  CHECK(vendor.exists());
  ++vendor.version;
  vendor.status = VendorStatus::Active;
}

// ---- decide

Decision decide(const Vendor& vendor, const RegisterVendor& command) {
  if (vendor.exists()) return Failure{AlreadyExists{"vendor", command.vendor_id.value}};
  return events_of(VendorRegistered{command.vendor_id, command.name, command.contact_info,
                                    command.warehouse_locations});
}

Decision decide(const Vendor& vendor, const ChangeVendor& command) {
  if (!vendor.exists()) return Failure{NotFound{"vendor", command.vendor_id.value}};
  if (mismatched(command.expected_version, vendor.version)) {
    return Failure{VersionMismatch{*command.expected_version, vendor.version}};
  }
  VendorChanged event{command.vendor_id, difference(command.name, vendor.name),
                      difference(command.contact_info, vendor.contact_info),
                      difference(command.warehouse_locations, vendor.warehouse_locations)};
  if (!event.name && !event.contact_info && !event.warehouse_locations) return Events{};
  return events_of(std::move(event));
}

Decision decide(const Vendor& vendor, const SuspendVendor& command) {
  if (!vendor.exists()) return Failure{NotFound{"vendor", command.vendor_id.value}};
  if (mismatched(command.expected_version, vendor.version)) {
    return Failure{VersionMismatch{*command.expected_version, vendor.version}};
  }
  if (vendor.status == VendorStatus::Suspended) return Events{};
  return events_of(VendorSuspended{command.vendor_id, command.reason});
}

Decision decide(const Vendor& vendor, const ReinstateVendor& command) {
  if (!vendor.exists()) return Failure{NotFound{"vendor", command.vendor_id.value}};
  if (mismatched(command.expected_version, vendor.version)) {
    return Failure{VersionMismatch{*command.expected_version, vendor.version}};
  }
  if (vendor.status == VendorStatus::Active) return Events{};
  return events_of(VendorReinstated{command.vendor_id});
}

}  // namespace cassette::domain
