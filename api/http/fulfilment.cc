// Fulfilment: shipments and returns of a vendor's part of an order. Which vendor is meant is found
// in the order when the request does not say.
#include <algorithm>

#include "api/http/handlers.h"
#include "api/http/order_writes.h"
#include "api/http/ownership.h"
#include "api/http/writes.h"

namespace cassette::api {

// What may become of a lost shipment, as requests name it.
enum class Resolution { Replaced, WrittenOff };
// What a return may be resolved to.
enum class ReturnResolution { Received, Refused };

}  // namespace cassette::api

template <>
struct cassette::EnumNames<cassette::api::Resolution> {
  static constexpr std::array<std::string_view, 2> values{"replaced", "writtenOff"};
};
template <>
struct cassette::EnumNames<cassette::api::ReturnResolution> {
  static constexpr std::array<std::string_view, 2> values{"Received", "Refused"};
};

namespace cassette::api {
namespace {

struct ShipRequest {
  std::optional<domain::ShipmentId> shipment_id;
  std::optional<domain::VendorId> vendor_id;
  std::optional<LineRequests> items;
  std::optional<OptionalCode> carrier;
  std::optional<OptionalCode> tracking_code;
  std::optional<domain::WarehouseId> warehouse_id;
  std::optional<PastTime> occurred_at;

  static void fields(auto& self, auto&& visit) {
    visit("shipmentId", self.shipment_id);
    visit("vendorId", self.vendor_id);
    visit("items", self.items);
    visit("carrier", self.carrier);
    visit("trackingCode", self.tracking_code);
    visit("warehouseId", self.warehouse_id);
    visit("occurredAt", self.occurred_at);
  }
};

struct ShipmentPatch {
  std::optional<domain::ShipmentStatus> status;
  std::optional<Resolution> resolution;
  std::optional<OptionalCode> carrier;
  std::optional<OptionalCode> tracking_code;
  std::optional<Reason> note;
  std::optional<domain::VendorId> vendor_id;
  std::optional<PastTime> occurred_at;

  static void fields(auto& self, auto&& visit) {
    visit("status", self.status);
    visit("resolution", self.resolution);
    visit("carrier", self.carrier);
    visit("trackingCode", self.tracking_code);
    visit("note", self.note);
    visit("vendorId", self.vendor_id);
    visit("occurredAt", self.occurred_at);
  }
  bool empty() const { return !status && !resolution && !carrier && !tracking_code && !note; }
};

struct ReturnRequest {
  std::optional<domain::ReturnId> return_id;
  std::optional<domain::VendorId> vendor_id;
  LineRequests items;
  std::optional<Reason> reason;
  std::optional<PastTime> occurred_at;

  static void fields(auto& self, auto&& visit) {
    visit("returnId", self.return_id);
    visit("vendorId", self.vendor_id);
    visit("items", self.items);
    visit("reason", self.reason);
    visit("occurredAt", self.occurred_at);
  }
};

struct ReturnPatch {
  ReturnResolution status = ReturnResolution::Received;
  std::optional<bool> restock;
  std::optional<domain::WarehouseId> warehouse_id;
  std::optional<Reason> reason;
  std::optional<domain::VendorId> vendor_id;
  std::optional<PastTime> occurred_at;

  static void fields(auto& self, auto&& visit) {
    visit("status", self.status);
    visit("restock", self.restock);
    visit("warehouseId", self.warehouse_id);
    visit("reason", self.reason);
    visit("vendorId", self.vendor_id);
    visit("occurredAt", self.occurred_at);
  }
};

// The vendor of these lines: named, or the one that has the first of them, or the only one.
Answered<domain::VendorId> vendor_for(const OrderGlance& order,
                                      const std::optional<domain::VendorId>& named,
                                      const std::vector<domain::LineQuantity>& lines) {
  if (named || lines.empty()) return only_vendor(order, named);
  const domain::LineId first = lines.front().line_id;
  return vendor_with(order, named, "line", std::to_string(first.value), [&](const auto& part) {
    return std::ranges::find(part.items, first, &LineGlance::line_id) != part.items.end();
  });
}

// The vendor whose part has the shipment or return. The order may not have recorded it yet when it
// was made a moment ago, so a miss is looked up once more behind the heads.
template <class Has>
Answered<domain::VendorId> find_vendor(const Call& call,
                                       const std::optional<domain::VendorId>& named,
                                       std::string_view entity, std::string_view id, Has has) {
  const auto order = find_order(call);
  if (!order) return Failure{order.error()};
  auto vendor = vendor_with(order.value(), named, entity, id, has);
  if (vendor || !await_heads(call)) return vendor;
  const auto again = find_order(call);
  if (!again) return Failure{again.error()};
  return vendor_with(again.value(), named, entity, id, has);
}

std::string shipment_path(const Call& call, const domain::ShipmentId& id) {
  return "/orders/" + call.ids[0] + "/shipments/" + id.value;
}

std::string return_path(const Call& call, const domain::ReturnId& id) {
  return "/orders/" + call.ids[0] + "/returns/" + id.value;
}

std::optional<Problem> refuse_odd(const ReturnPatch& patch) {
  const bool refused = patch.status == ReturnResolution::Refused;
  if (patch.restock && refused) return invalid_field("restock", "goes with Received");
  const bool restocked = !refused && patch.restock.value_or(false);
  if (patch.warehouse_id && !restocked) return invalid_field("warehouseId", "goes with restock");
  if (patch.reason && !refused) return invalid_field("reason", "goes with Refused");
  return std::nullopt;
}

}  // namespace

Answered<Response> ship(const Call& call) {
  auto body = read_body<ShipRequest>(call);
  if (!body) return Failure{body.error()};
  ShipRequest& request = body.value();
  if (auto problem = narrow_to_own(call, request.vendor_id)) return Failure{std::move(*problem)};
  const auto demanded = preconditions_of(call);
  if (!demanded) return Failure{demanded.error()};
  const auto order = find_order(call);
  if (!order) return Failure{order.error()};
  domain::ShipLines command;
  command.lines = to_lines(request.items);
  auto vendor = vendor_for(order.value(), request.vendor_id, command.lines);
  if (!vendor) return Failure{std::move(vendor).error()};
  command.order_id = call.order_id();
  command.vendor_id = vendor.value();
  command.shipment_id = id_or_new(call, request.shipment_id);
  if (request.carrier) command.carrier = request.carrier->value;
  if (request.tracking_code) command.tracking_code = request.tracking_code->value;
  if (request.warehouse_id) command.warehouse_id = *request.warehouse_id;
  command.expected_version = demanded.value().version;
  const std::string location = shipment_path(call, command.shipment_id);
  return write_part(call, vendor.value(), {std::move(command), 201, request.occurred_at}, location);
}

Answered<Response> update_shipment(const Call& call) {
  auto body = read_body<ShipmentPatch>(call);
  if (!body) return Failure{body.error()};
  ShipmentPatch& patch = body.value();
  if (auto problem = narrow_to_own(call, patch.vendor_id)) return Failure{std::move(*problem)};
  if (patch.empty()) return Failure{missing_field("status")};
  const auto demanded = preconditions_of(call);
  if (!demanded) return Failure{demanded.error()};
  const domain::ShipmentId id{call.ids[1]};
  auto vendor = find_vendor(call, patch.vendor_id, "shipment", id.value, [&](const auto& part) {
    return std::ranges::find(part.shipments, id, &ShipmentGlance::shipment_id) !=
           part.shipments.end();
  });
  if (!vendor) return Failure{std::move(vendor).error()};
  domain::UpdateShipment command;
  command.order_id = call.order_id();
  command.vendor_id = vendor.value();
  command.shipment_id = id;
  command.status = patch.status;
  if (patch.resolution) {
    const bool replaced = *patch.resolution == Resolution::Replaced;
    command.resolution =
        replaced ? domain::LossResolution::Replaced : domain::LossResolution::WrittenOff;
  }
  if (patch.carrier) command.carrier = patch.carrier->value;
  if (patch.tracking_code) command.tracking_code = patch.tracking_code->value;
  if (patch.note) command.note = patch.note->value;
  command.expected_version = demanded.value().version;
  return write_part(call, vendor.value(), {std::move(command), 200, patch.occurred_at});
}

Answered<Response> request_return(const Call& call) {
  auto body = read_body<ReturnRequest>(call);
  if (!body) return Failure{body.error()};
  ReturnRequest& request = body.value();
  if (auto problem = narrow_to_own(call, request.vendor_id)) return Failure{std::move(*problem)};
  const auto demanded = preconditions_of(call);
  if (!demanded) return Failure{demanded.error()};
  const auto order = find_order(call);
  if (!order) return Failure{order.error()};
  domain::RequestReturn command;
  command.lines = to_lines(request.items);
  auto vendor = vendor_for(order.value(), request.vendor_id, command.lines);
  if (!vendor) return Failure{std::move(vendor).error()};
  command.order_id = call.order_id();
  command.vendor_id = vendor.value();
  command.return_id = id_or_new(call, request.return_id);
  if (request.reason) command.reason = request.reason->value;
  command.expected_version = demanded.value().version;
  const std::string location = return_path(call, command.return_id);
  return write_part(call, vendor.value(), {std::move(command), 201, request.occurred_at}, location);
}

Answered<Response> resolve_return(const Call& call) {
  auto body = read_body<ReturnPatch>(call);
  if (!body) return Failure{body.error()};
  ReturnPatch& patch = body.value();
  if (auto problem = narrow_to_own(call, patch.vendor_id)) return Failure{std::move(*problem)};
  if (auto problem = refuse_odd(patch)) return Failure{std::move(*problem)};
  const auto demanded = preconditions_of(call);
  if (!demanded) return Failure{demanded.error()};
  const domain::ReturnId id{call.ids[1]};
  auto vendor = find_vendor(call, patch.vendor_id, "return", id.value, [&](const auto& part) {
    return std::ranges::find(part.returns, id, &ReturnGlance::return_id) != part.returns.end();
  });
  if (!vendor) return Failure{std::move(vendor).error()};
  domain::ResolveReturn command;
  command.order_id = call.order_id();
  command.vendor_id = vendor.value();
  command.return_id = id;
  command.status = patch.status == ReturnResolution::Received ? domain::ReturnStatus::Received
                                                              : domain::ReturnStatus::Refused;
  command.restock = patch.restock.value_or(false);
  if (patch.warehouse_id) command.warehouse_id = *patch.warehouse_id;
  if (patch.reason) command.reason = patch.reason->value;
  command.expected_version = demanded.value().version;
  return write_part(call, vendor.value(), {std::move(command), 200, patch.occurred_at});
}

}  // namespace cassette::api
