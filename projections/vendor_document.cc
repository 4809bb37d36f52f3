// Folds a vendor's events into its document.
#include "projections/vendor_document.h"

namespace cassette::projections {
namespace {

void touch(VendorDocument& document, const FoldMeta& meta) {
  ++document.version;
  document.updated_at = meta.at;
}

}  // namespace

void evolve(VendorDocument& document, const domain::VendorRegistered& event, const FoldMeta& meta) {
  touch(document, meta);
  document.vendor_id = event.vendor_id;
  document.name = event.name;
  document.contact_info = event.contact_info;
  document.warehouse_locations = event.warehouse_locations;
  document.created_at = meta.at;
}

void evolve(VendorDocument& document, const domain::VendorChanged& event, const FoldMeta& meta) {
  touch(document, meta);
  if (event.name) document.name = *event.name;
  if (event.contact_info) document.contact_info = *event.contact_info;
  if (event.warehouse_locations) document.warehouse_locations = *event.warehouse_locations;
}

void evolve(VendorDocument& document, const domain::VendorSuspended& event, const FoldMeta& meta) {
  touch(document, meta);
  document.status = domain::VendorStatus::Suspended;
  document.status_reason = event.reason;
}

void evolve(VendorDocument& document, const domain::VendorReinstated&, const FoldMeta& meta) {
  touch(document, meta);
  document.status = domain::VendorStatus::Active;
  document.status_reason.clear();
}

}  // namespace cassette::projections
