// Facts: what each kind of document shows.
#include "api/import/facts.h"

#include "api/import/documents.h"
#include "eventstore/json_read.h"

namespace cassette::api::importing {
namespace {

using domain::OrderStatus;

void add_vendor(const VendorView& vendor, Facts& facts) {
  facts.insert(fact("vendor", vendor.vendor_id.value));
  if (vendor.status == domain::VendorStatus::Suspended) {
    facts.insert(fact("suspended", vendor.vendor_id.value));
  }
}

// A status stands for those before it; a cancelled sub-order for being cancelled alone.
void add_statuses(const std::string& order, const SubOrderView& part, Facts& facts) {
  const std::string& vendor = part.vendor_id.value;
  if (part.status == OrderStatus::Cancelled) {
    facts.insert(fact("status", order, vendor, "Cancelled"));
    return;
  }
  for (const OrderStatus passed :
       {OrderStatus::Packed, OrderStatus::Shipped, OrderStatus::Delivered}) {
    if (part.status >= passed) facts.insert(fact("status", order, vendor, name_of(passed)));
  }
}

void add_sub_order(const std::string& order, const SubOrderView& part, Facts& facts) {
  const std::string& vendor = part.vendor_id.value;
  add_statuses(order, part, facts);
  for (const NoteView& note : part.notes) facts.insert(fact("note", order, vendor, note.text));
  for (const ShipmentView& shipment : part.shipments) {
    facts.insert(fact("shipment", order, vendor, shipment.shipment_id.value));
    for (const NoteView& note : shipment.notes) {
      facts.insert(fact("note", order, vendor, note.text));
    }
  }
  for (const ReturnView& one : part.returns) {
    facts.insert(fact("return", order, vendor, one.return_id.value));
    if (one.status == domain::ReturnStatus::Requested) continue;
    facts.insert(fact("return", order, vendor, one.return_id.value, "resolved"));
  }
}

void add_order(const OrderView& order, Facts& facts) {
  const std::string& id = order.order_id.value;
  facts.insert(fact("order", id));
  if (order.status != OrderStatus::Pending) facts.insert(fact("confirmed", id));
  for (const SubOrderView& part : order.sub_orders) add_sub_order(id, part, facts);
}

}  // namespace

bool add_facts(Kind kind, std::string_view document, Facts& facts) {
  if (kind == Kind::Vendor) {
    VendorView vendor;
    if (!eventstore::read_json(document, vendor)) return false;
    return add_vendor(vendor, facts), true;
  }
  if (kind == Kind::Order) {
    OrderView order;
    if (!eventstore::read_json(document, order)) return false;
    return add_order(order, facts), true;
  }
  NamedView named;
  if (!eventstore::read_json(document, named)) return false;
  if (kind == Kind::Customer) {
    facts.insert(fact("customer", named.customer_id.value));
  } else {
    const std::string_view name = kind == Kind::Product ? "product" : "stock";
    facts.insert(fact(name, named.vendor_id.value, named.product_id.value));
  }
  return true;
}

}  // namespace cassette::api::importing
