// One sentence an event type.
#include "replay/story_words.h"

#include <fmt/format.h>

#include "replay/erased.h"
#include "replay/tail_lines.h"

namespace cassette::replay {
namespace {

using namespace cassette::domain;

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string words(const Money& money) {
  return fmt::format("{} {}", money.amount, money.currency.code);
}

std::string words(const std::vector<VendorId>& vendors) {
  std::vector<std::string> ids;
  for (const VendorId& vendor : vendors) ids.push_back(vendor.value);
  return (ids.size() == 1 ? "vendor " : "vendors ") + joined(ids);
}

std::string words(const std::vector<PlacedLine>& lines) {
  std::vector<std::string> parts;
  for (const PlacedLine& line : lines) {
    parts.push_back(fmt::format("{} of {} of vendor {}", line.quantity, line.product_id.value,
                                line.vendor_id.value));
  }
  return joined(parts);
}

std::string words(const std::vector<ReservedLine>& lines) {
  std::vector<std::string> parts;
  for (const ReservedLine& line : lines) {
    parts.push_back(fmt::format("{} of {} ({}, {}) at {} each", line.quantity,
                                line.product_id.value, line.name, line.sku,
                                words(line.unit_price)));
  }
  return joined(parts);
}

std::string reason_of(const std::string& reason) {
  return reason.empty() ? std::string() : fmt::format(" (\"{}\")", reason);
}

std::string words(const Rejection& refusal) {
  if (const auto* shortage = std::get_if<InsufficientStock>(&refusal)) {
    std::vector<std::string> parts;
    for (const Shortage& line : shortage->lines) {
      parts.push_back(fmt::format("{} of {} wanted and {} available", line.wanted,
                                  line.product_id.value, line.available));
    }
    return "InsufficientStock: " + joined(parts);
  }
  if (const auto* transition = std::get_if<IllegalTransition>(&refusal)) {
    return fmt::format("IllegalTransition: from {} to {}", transition->from, transition->to);
  }
  return std::string(type_of(refusal));
}

std::string parcel(const std::string& carrier, const std::string& tracking_code) {
  std::string text;
  if (!carrier.empty()) text += " with " + carrier;
  if (!tracking_code.empty()) text += ", tracking code " + tracking_code;
  return text;
}

std::string words(const std::vector<LineQuantity>& lines) {
  return words_of(lines);
}

struct Words {
  std::string operator()(const OrderPlaced& e) const {
    std::string text = "placed the order: " + words(e.lines);
    text += fmt::format("; confirmation {}, on shortage {}", name_of(e.confirmation),
                        name_of(e.on_shortage));
    if (e.reserved_until) text += ", to be confirmed by " + format(*e.reserved_until);
    if (e.shipping_address.token == kErased) text += "; the address is erased";
    return text;
  }
  std::string operator()(const StockRequested& e) const {
    return "asked vendor " + e.vendor_id.value + " for " + words(e.lines);
  }
  std::string operator()(const OrderSettled& e) const {
    return "settled: every vendor has answered, the total is " + words(e.total_amount);
  }
  std::string operator()(const OrderConfirmed& e) const {
    return "confirmed the order for " + words(e.vendors);
  }
  std::string operator()(const OrderCancelled& e) const {
    std::string text = "gave the order up: " + words(e.refusal);
    if (!e.vendors.empty()) text += "; to be released by " + words(e.vendors);
    return text;
  }
  std::string operator()(const ReservationExpired& e) const {
    return "the deadline passed unconfirmed; to be released by " + words(e.vendors);
  }
  std::string operator()(const CancellationRequested& e) const {
    return fmt::format("asked {} to cancel {}{}", words(e.vendors),
                       e.whole ? "the whole order" : "what has not shipped", reason_of(e.reason));
  }
  std::string operator()(const AddressChangeRequested& e) const {
    return "asked " + words(e.vendors) + " for another shipping address";
  }
  std::string operator()(const SubOrderRecorded& e) const {
    const auto type = std::visit([](const auto& change) { return change.type; }, e.change);
    return fmt::format("recorded {} of vendor {}", type, e.vendor_id.value);
  }
  std::string operator()(const StockReserved& e) const { return "reserved " + words(e.lines); }
  std::string operator()(const ReservationRefused& e) const {
    return "refused to reserve: " + words(e.refusal);
  }
  std::string operator()(const ReservationSettled&) const {
    return "settled the reservation: no other vendor's answer can undo it";
  }
  std::string operator()(const SubOrderConfirmed&) const { return "confirmed"; }
  std::string operator()(const SubOrderPacked&) const { return "packed"; }
  std::string operator()(const SubOrderNoted& e) const { return "noted \"" + e.note + "\""; }
  std::string operator()(const LinesCancelled& e) const {
    return fmt::format("cancelled and released {}{}", words(e.lines), reason_of(e.reason));
  }
  std::string operator()(const CancellationRefused& e) const {
    return "refused to cancel: " + words(e.refusal);
  }
  std::string operator()(const AddressChanged&) const { return "changed the shipping address"; }
  std::string operator()(const AddressChangeRefused& e) const {
    return "refused another shipping address: " + words(e.refusal);
  }
  std::string operator()(const ShipmentDispatched& e) const {
    std::string text = fmt::format("shipped {} as {}", words(e.lines), e.shipment_id.value);
    text += parcel(e.carrier, e.tracking_code);
    if (!e.warehouse_id.empty()) text += " from warehouse " + e.warehouse_id.value;
    return text;
  }
  std::string operator()(const ShipmentUpdated& e) const {
    return fmt::format("changed shipment {}{}{}", e.shipment_id.value,
                       parcel(e.carrier.value_or(""), e.tracking_code.value_or("")),
                       reason_of(e.note));
  }
  std::string operator()(const ShipmentProblemReported& e) const {
    return "reported a problem with shipment " + e.shipment_id.value + reason_of(e.note);
  }
  std::string operator()(const ShipmentLost& e) const {
    return "reported shipment " + e.shipment_id.value + " lost" + reason_of(e.note);
  }
  std::string operator()(const LostShipmentReplaced& e) const {
    return "reserved the units of the lost shipment " + e.shipment_id.value + " anew";
  }
  std::string operator()(const LostShipmentWrittenOff& e) const {
    return "wrote the lost shipment " + e.shipment_id.value + " off";
  }
  std::string operator()(const ShipmentDelivered& e) const {
    return "delivered shipment " + e.shipment_id.value;
  }
  std::string operator()(const ReturnRequested& e) const {
    return fmt::format("asked to return {} as {}{}", words(e.lines), e.return_id.value,
                       reason_of(e.reason));
  }
  std::string operator()(const ReturnReceived& e) const {
    return fmt::format("received return {}, {}", e.return_id.value,
                       e.restocked ? "back on the shelf" : "written off");
  }
  std::string operator()(const ReturnRefused& e) const {
    return "refused return " + e.return_id.value + reason_of(e.reason);
  }
  // What is no order's.
  template <class E>
  requires(!requires(const E& e) { e.order_id; }) std::string operator()(const E& e) const {
    return summary_of(e);
  }
};

}  // namespace

std::string words_of(const std::vector<LineQuantity>& lines) {
  std::vector<std::string> parts;
  for (const LineQuantity& line : lines) {
    parts.push_back(fmt::format("{} of line {}", line.quantity, line.line_id.value));
  }
  return joined(parts);
}

std::string words_of(const Event& event) {
  return std::visit(Words(), event);
}

}  // namespace cassette::replay
