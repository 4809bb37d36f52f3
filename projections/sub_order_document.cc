// Turns a sub-order's document into the domain's state and back, and adds what only documents keep:
// names, carriers, notes, reasons and times.
#include "projections/sub_order_document.h"

#include <algorithm>

#include "domain/check.h"

namespace cassette::projections {
namespace {

ShipmentDocument& shipment_of(SubOrderDocument& document, const domain::ShipmentId& id) {
  const auto found = std::ranges::find(*document.shipments, id, &ShipmentDocument::shipment_id);
  CHECK(found != document.shipments->end());
  return *found;
}

ReturnDocument& return_of(SubOrderDocument& document, const domain::ReturnId& id) {
  const auto found = std::ranges::find(*document.returns, id, &ReturnDocument::return_id);
  CHECK(found != document.returns->end());
  return *found;
}

void note(std::vector<Note>& notes, const std::string& text, const FoldMeta& meta) {
  if (!text.empty()) notes.push_back({meta.at, text});
}

bool promised(const SubOrderDocument& document) {
  return !document.items->empty() && document.items->front().unit_price.has_value();
}

domain::SubOrderLine line_of(const ItemDocument& item) {
  domain::SubOrderLine line;
  line.line_id = item.line_id;
  line.product_id = item.product_id;
  line.unit_price = item.unit_price->amount;
  line.quantity = item.quantity;
  line.shipped = item.shipped;
  line.delivered = item.delivered;
  line.cancelled = item.cancelled;
  line.returned = item.returned;
  line.lost = item.lost;
  return line;
}

void add_lines(domain::SubOrder& state, const SubOrderDocument& document) {
  state.currency = document.items->front().unit_price->currency;
  state.lines.reserve(document.items->size());
  for (const ItemDocument& item : *document.items) state.lines.push_back(line_of(item));
}

void show_line(ItemDocument& item, const domain::SubOrderLine& line) {
  item.shipped = line.shipped;
  item.delivered = line.delivered;
  item.cancelled = line.cancelled;
  item.returned = line.returned;
  item.lost = line.lost;
}

void cancel_items(SubOrderDocument& document) {
  for (ItemDocument& item : *document.items) item.cancelled = item.quantity;
}

}  // namespace

bool answered(const SubOrderDocument& document) {
  return document.refusal.has_value() || promised(document);
}

domain::SubOrder state_of(const SubOrderDocument& document) {
  domain::SubOrder state;
  state.version = document.version;
  state.preparation = document.preparation;
  state.refused = document.refusal.has_value();
  state.settled = *document.settled;
  if (promised(document)) {
    add_lines(state, document);
    state.charges = *document.charges;
  }
  for (const ShipmentDocument& each : *document.shipments) {
    domain::Shipment& shipment = state.shipments.emplace_back();
    shipment.shipment_id = each.shipment_id;
    shipment.status = each.status;
    shipment.resolution = each.resolution.value_or(domain::LossResolution::None);
    shipment.lines = *each.items;
    shipment.carrier = *each.carrier;
    shipment.tracking_code = *each.tracking_code;
  }
  for (const ReturnDocument& each : *document.returns) {
    state.returns.push_back({each.return_id, each.status, *each.items});
  }
  return state;
}

void show(SubOrderDocument& document, const domain::SubOrder& state) {
  document.version = state.version;
  document.preparation = state.preparation;
  document.settled = state.settled;
  document.status = state.status();
  if (state.refused) cancel_items(document);
  for (std::size_t i = 0; i < state.lines.size(); ++i) {
    show_line((*document.items)[i], state.lines[i]);
  }
  for (std::size_t i = 0; i < state.shipments.size(); ++i) {
    ShipmentDocument& shipment = (*document.shipments)[i];
    shipment.status = state.shipments[i].status;
    const domain::LossResolution resolution = state.shipments[i].resolution;
    if (resolution != domain::LossResolution::None) shipment.resolution = resolution;
  }
  for (std::size_t i = 0; i < state.returns.size(); ++i) {
    (*document.returns)[i].status = state.returns[i].status;
  }
  if (state.lines.empty()) return;
  document.subtotal = domain::Money{state.total(), state.currency};
  document.payable_amount = domain::Money{state.payable(), state.currency};
}

void cancel_unasked(SubOrderDocument& document) {
  cancel_items(document);
  document.status = domain::OrderStatus::Cancelled;
}

// ---- what each event adds

void add(SubOrderDocument& document, const domain::StockReserved& event, const FoldMeta&) {
  document.vendor_id = event.vendor_id;
  document.items->clear();
  for (const domain::ReservedLine& line : event.lines) {
    ItemDocument& item = document.items->emplace_back();
    item.line_id = line.line_id;
    item.product_id = line.product_id;
    item.name = line.name;
    item.sku = line.sku;
    item.unit_price = line.unit_price;
    item.quantity = line.quantity;
  }
  document.charges = event.charges;
  document.shipping_address = event.shipping_address;
}

void add(SubOrderDocument& document, const domain::ReservationRefused& event, const FoldMeta&) {
  document.refusal = event.refusal;
}

void add(SubOrderDocument&, const domain::ReservationSettled&, const FoldMeta&) {}
void add(SubOrderDocument&, const domain::SubOrderConfirmed&, const FoldMeta&) {}
void add(SubOrderDocument&, const domain::SubOrderPacked&, const FoldMeta&) {}

void add(SubOrderDocument& document, const domain::SubOrderNoted& event, const FoldMeta& meta) {
  note(*document.notes, event.note, meta);
}

void add(SubOrderDocument& document, const domain::LinesCancelled& event, const FoldMeta&) {
  if (!event.reason.empty()) document.cancel_reason = event.reason;
}

void add(SubOrderDocument& document, const domain::CancellationRefused& event,
         const FoldMeta& meta) {
  document.refused_request = {"cancellation", event.refusal, meta.at};
}

void add(SubOrderDocument& document, const domain::AddressChanged& event, const FoldMeta&) {
  document.shipping_address = event.shipping_address;
}

void add(SubOrderDocument& document, const domain::AddressChangeRefused& event,
         const FoldMeta& meta) {
  document.refused_request = {"address", event.refusal, meta.at};
}

void add(SubOrderDocument& document, const domain::ShipmentDispatched& event,
         const FoldMeta& meta) {
  ShipmentDocument& shipment = document.shipments->emplace_back();
  shipment.shipment_id = event.shipment_id;
  shipment.carrier = event.carrier;
  shipment.tracking_code = event.tracking_code;
  shipment.warehouse_id = event.warehouse_id;
  shipment.items = event.lines;
  shipment.created_at = meta.at;
}

void add(SubOrderDocument& document, const domain::ShipmentUpdated& event, const FoldMeta& meta) {
  ShipmentDocument& shipment = shipment_of(document, event.shipment_id);
  if (event.carrier) shipment.carrier = *event.carrier;
  if (event.tracking_code) shipment.tracking_code = *event.tracking_code;
  note(*shipment.notes, event.note, meta);
}

void add(SubOrderDocument& document, const domain::ShipmentProblemReported& event,
         const FoldMeta& meta) {
  note(*shipment_of(document, event.shipment_id).notes, event.note, meta);
}

void add(SubOrderDocument& document, const domain::ShipmentLost& event, const FoldMeta& meta) {
  note(*shipment_of(document, event.shipment_id).notes, event.note, meta);
}

void add(SubOrderDocument&, const domain::LostShipmentReplaced&, const FoldMeta&) {}
void add(SubOrderDocument&, const domain::LostShipmentWrittenOff&, const FoldMeta&) {}

void add(SubOrderDocument& document, const domain::ShipmentDelivered& event, const FoldMeta& meta) {
  shipment_of(document, event.shipment_id).delivered_at = meta.at;
}

void add(SubOrderDocument& document, const domain::ReturnRequested& event, const FoldMeta& meta) {
  ReturnDocument& made = document.returns->emplace_back();
  made.return_id = event.return_id;
  made.items = event.lines;
  made.reason = event.reason;
  made.created_at = meta.at;
}

void add(SubOrderDocument& document, const domain::ReturnReceived& event, const FoldMeta& meta) {
  ReturnDocument& received = return_of(document, event.return_id);
  received.restocked = event.restocked;
  received.warehouse_id = event.warehouse_id;
  received.resolved_at = meta.at;
}

void add(SubOrderDocument& document, const domain::ReturnRefused& event, const FoldMeta& meta) {
  ReturnDocument& refused = return_of(document, event.return_id);
  refused.refusal_reason = event.reason;
  refused.resolved_at = meta.at;
}

}  // namespace cassette::projections
