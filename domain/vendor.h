// Vendor: who sells, how to reach them, where their warehouses are, and whether they may sell now.
// Refuses to know products, stock or orders. Times, ids and sealed texts come in as arguments.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/decision.h"
#include "domain/values.h"

namespace cassette::domain {

struct WarehouseLocation {
  WarehouseId warehouse_id;
  std::string address;
  std::string country_code;

  static void fields(auto& self, auto&& visit) {
    visit("warehouseId", self.warehouse_id);
    visit("address", self.address);
    visit("countryCode", self.country_code);
  }
  bool operator==(const WarehouseLocation&) const = default;
};

// ---- commands

struct RegisterVendor {
  VendorId vendor_id;
  std::string name;
  ContactInfo contact_info;
  std::vector<WarehouseLocation> warehouse_locations;
};

// Absent members stay as they are.
struct ChangeVendor {
  VendorId vendor_id;
  std::optional<Version> expected_version;
  std::optional<std::string> name;
  std::optional<ContactInfo> contact_info;
  std::optional<std::vector<WarehouseLocation>> warehouse_locations;
};

struct SuspendVendor {
  VendorId vendor_id;
  std::optional<Version> expected_version;
  std::string reason;
};

struct ReinstateVendor {
  VendorId vendor_id;
  std::optional<Version> expected_version;
};

// ---- events

struct VendorRegistered {
  static constexpr std::string_view type = "VendorRegistered";
  VendorId vendor_id;
  std::string name;
  ContactInfo contact_info;
  std::vector<WarehouseLocation> warehouse_locations;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("name", self.name);
    visit("contactInfo", self.contact_info);
    visit("warehouseLocations", self.warehouse_locations);
  }
  bool operator==(const VendorRegistered&) const = default;
};

// Holds what changed and nothing else.
struct VendorChanged {
  static constexpr std::string_view type = "VendorChanged";
  VendorId vendor_id;
  std::optional<std::string> name;
  std::optional<ContactInfo> contact_info;
  std::optional<std::vector<WarehouseLocation>> warehouse_locations;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("name", self.name);
    visit("contactInfo", self.contact_info);
    visit("warehouseLocations", self.warehouse_locations);
  }
  bool operator==(const VendorChanged&) const = default;
};

struct VendorSuspended {
  static constexpr std::string_view type = "VendorSuspended";
  VendorId vendor_id;
  std::string reason;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("reason", self.reason);
  }
  bool operator==(const VendorSuspended&) const = default;
};

struct VendorReinstated {
  static constexpr std::string_view type = "VendorReinstated";
  VendorId vendor_id;

  static void fields(auto& self, auto&& visit) { visit("vendorId", self.vendor_id); }
  bool operator==(const VendorReinstated&) const = default;
};

// ---- state

enum class VendorStatus { Active, Suspended };

struct Vendor {
  Version version = 0;
  VendorStatus status = VendorStatus::Active;
  std::string name;
  ContactInfo contact_info;
  std::vector<WarehouseLocation> warehouse_locations;

  bool exists() const { return version > 0; }
  static void fields(auto& self, auto&& visit) {
    visit("version", self.version);
    visit("status", self.status);
    visit("name", self.name);
    visit("contactInfo", self.contact_info);
    visit("warehouseLocations", self.warehouse_locations);
  }
  bool operator==(const Vendor&) const = default;
};

// ---- evolve

void evolve(Vendor& vendor, const VendorRegistered& event);
void evolve(Vendor& vendor, const VendorChanged& event);
void evolve(Vendor& vendor, const VendorSuspended& event);
void evolve(Vendor& vendor, const VendorReinstated& event);

// ---- decide

// AlreadyExists when the vendor is registered.
Decision decide(const Vendor& vendor, const RegisterVendor& command);
// The three below: NotFound, VersionMismatch; a change to what already stands gives no event.
Decision decide(const Vendor& vendor, const ChangeVendor& command);
Decision decide(const Vendor& vendor, const SuspendVendor& command);
Decision decide(const Vendor& vendor, const ReinstateVendor& command);

}  // namespace cassette::domain

template <>
struct cassette::EnumNames<cassette::domain::VendorStatus> {
  static constexpr std::array<std::string_view, 2> values{"Active", "Suspended"};
};
