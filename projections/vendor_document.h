// VendorDocument: a vendor as GET /vendors/{v} serves it, folded from the vendor's own events.
// Contacts stay sealed. No vendor is ever removed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/vendor.h"
#include "projections/fold_meta.h"

namespace cassette::projections {

// Of customers' feedback; no event gives any yet.
struct Ratings {
  double average = 0;
  std::uint64_t count = 0;

  static void fields(auto& self, auto&& visit) {
    visit("average", self.average);
    visit("count", self.count);
  }
  bool operator==(const Ratings&) const = default;
};

struct VendorDocument {
  domain::VendorId vendor_id;
  std::string name;
  domain::ContactInfo contact_info;
  Ratings ratings;
  Shown<std::vector<domain::WarehouseLocation>> warehouse_locations{std::in_place};
  domain::VendorStatus status = domain::VendorStatus::Active;
  std::string status_reason;  // why it is suspended
  domain::Version version = 0;
  domain::Timestamp created_at;
  domain::Timestamp updated_at;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("name", self.name);
    visit("contactInfo", self.contact_info);
    visit("ratings", self.ratings);
    visit("warehouseLocations", self.warehouse_locations);
    visit("status", self.status);
    visit("statusReason", self.status_reason);
    visit("version", self.version);
    visit("createdAt", self.created_at);
    visit("updatedAt", self.updated_at);
  }
  bool operator==(const VendorDocument&) const = default;
};

void evolve(VendorDocument& document, const domain::VendorRegistered& event, const FoldMeta& meta);
void evolve(VendorDocument& document, const domain::VendorChanged& event, const FoldMeta& meta);
void evolve(VendorDocument& document, const domain::VendorSuspended& event, const FoldMeta& meta);
void evolve(VendorDocument& document, const domain::VendorReinstated& event, const FoldMeta& meta);

}  // namespace cassette::projections
