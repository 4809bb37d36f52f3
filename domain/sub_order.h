// SubOrder: one vendor's part of one order, from reservation to delivery and return.
// Decides what may happen to it next; what that does to stock, the marketplace applies.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "domain/order_events.h"
#include "domain/product.h"
#include "domain/stock_item.h"
#include "domain/sub_order_events.h"
#include "domain/vendor.h"

namespace cassette::domain {

// Shipments of a sub-order, and returns: its document is written anew at each change.
inline constexpr std::size_t kMaxParcels = 1000;

enum class OrderStatus { Pending, Confirmed, Packed, Shipped, Delivered, Cancelled };
enum class ShipmentStatus { Shipped, Problem, Lost, Delivered };
// What becomes of a lost shipment.
enum class LossResolution { None, Replaced, WrittenOff };
enum class ReturnStatus { Requested, Received, Refused };

// ---- commands

// The largest total of a sub-order, minor units: 2^53 / kMaxOrderLines, so that the sum over an
// order's vendors is exact in every JSON reader.
inline constexpr std::int64_t kMaxSubOrderTotal = 9'000'000'000'000;

// Asks a vendor's partition for its part of an order. `last`: no vendor is asked after this one.
struct ReserveStock {
  OrderId order_id;
  VendorId vendor_id;
  CustomerId customer_id;
  std::vector<PlacedLine> lines;
  std::vector<Charge> charges;
  Sealed shipping_address;
  Currency currency;
  bool last = false;
};

// No other vendor's answer can undo the reservation any more.
struct SettleReservation {
  OrderId order_id;
  VendorId vendor_id;
};

struct ConfirmSubOrder {
  OrderId order_id;
  VendorId vendor_id;
};

// No lines: all that is open. `requested` by the order's partition, which waits for an answer.
struct CancelLines {
  OrderId order_id;
  VendorId vendor_id;
  std::vector<LineQuantity> lines;
  std::string reason;
  Role asked_by = Role::System;
  bool requested = false;
  std::optional<Version> expected_version;
};

struct ChangeSubOrderAddress {
  OrderId order_id;
  VendorId vendor_id;
  Sealed shipping_address;
};

// Takes the sub-order to `status`, recording the steps between. `shipment_id` names the shipment
// of all that is open, should one be needed.
struct AdvanceSubOrder {
  OrderId order_id;
  VendorId vendor_id;
  OrderStatus status = OrderStatus::Pending;
  ShipmentId shipment_id;
  std::string carrier;
  std::string tracking_code;
  WarehouseId warehouse_id;
  std::string note;
  std::optional<Version> expected_version;
};

// Adds a note, and nothing else.
struct NoteSubOrder {
  OrderId order_id;
  VendorId vendor_id;
  std::string note;
  std::optional<Version> expected_version;
};

// No lines: all that is open.
struct ShipLines {
  OrderId order_id;
  VendorId vendor_id;
  ShipmentId shipment_id;
  std::vector<LineQuantity> lines;
  std::string carrier;
  std::string tracking_code;
  WarehouseId warehouse_id;
  std::optional<Version> expected_version;
};

struct UpdateShipment {
  OrderId order_id;
  VendorId vendor_id;
  ShipmentId shipment_id;
  std::optional<ShipmentStatus> status;
  LossResolution resolution = LossResolution::None;
  std::optional<std::string> carrier;
  std::optional<std::string> tracking_code;
  std::string note;
  std::optional<Version> expected_version;
};

struct RequestReturn {
  OrderId order_id;
  VendorId vendor_id;
  ReturnId return_id;
  std::vector<LineQuantity> lines;
  std::string reason;
  std::optional<Version> expected_version;
};

struct ResolveReturn {
  OrderId order_id;
  VendorId vendor_id;
  ReturnId return_id;
  ReturnStatus status = ReturnStatus::Received;
  bool restock = false;
  WarehouseId warehouse_id;
  std::string reason;
  std::optional<Version> expected_version;
};

// ---- state

struct SubOrderLine {
  LineId line_id;
  ProductId product_id;
  std::int64_t unit_price = 0;  // minor units of the sub-order's currency
  Quantity quantity = 0;
  Quantity shipped = 0;  // left the warehouse and was not replaced
  Quantity delivered = 0;
  Quantity cancelled = 0;
  Quantity returned = 0;
  Quantity lost = 0;  // of `shipped`: written off

  // Reserved and still to ship.
  Quantity open() const { return quantity - shipped - cancelled; }
  static void fields(auto& self, auto&& visit) {
    visit("lineId", self.line_id);
    visit("productId", self.product_id);
    visit("unitPrice", self.unit_price);
    visit("quantity", self.quantity);
    visit("shipped", self.shipped);
    visit("delivered", self.delivered);
    visit("cancelled", self.cancelled);
    visit("returned", self.returned);
    visit("lost", self.lost);
  }
  bool operator==(const SubOrderLine&) const = default;
};

struct Shipment {
  ShipmentId shipment_id;
  ShipmentStatus status = ShipmentStatus::Shipped;
  LossResolution resolution = LossResolution::None;
  std::vector<LineQuantity> lines;
  std::string carrier;
  std::string tracking_code;

  // Neither delivered nor lost for good.
  bool open() const {
    return status != ShipmentStatus::Delivered && resolution == LossResolution::None;
  }
  static void fields(auto& self, auto&& visit) {
    visit("shipmentId", self.shipment_id);
    visit("status", self.status);
    visit("resolution", self.resolution);
    visit("lines", self.lines);
    visit("carrier", self.carrier);
    visit("trackingCode", self.tracking_code);
  }
  bool operator==(const Shipment&) const = default;
};

struct Return {
  ReturnId return_id;
  ReturnStatus status = ReturnStatus::Requested;
  std::vector<LineQuantity> lines;

  static void fields(auto& self, auto&& visit) {
    visit("returnId", self.return_id);
    visit("status", self.status);
    visit("lines", self.lines);
  }
  bool operator==(const Return&) const = default;
};

enum class Preparation { Pending, Confirmed, Packed };

struct SubOrder {
  Version version = 0;
  Preparation preparation = Preparation::Pending;
  bool refused = false;  // the vendor could not promise it
  bool settled = false;  // no other vendor's answer can undo it any more
  Currency currency;
  std::vector<SubOrderLine> lines;
  std::vector<Charge> charges;
  std::vector<Shipment> shipments;
  std::vector<Return> returns;

  bool exists() const { return version > 0; }
  OrderStatus status() const;
  Quantity open_units() const;
  bool anything_shipped() const { return !shipments.empty(); }
  // Nothing can happen any more but a return.
  bool closed() const;
  // No answer of another vendor is awaited: it may leave memory, and is fetched again when it is
  // named.
  bool at_rest() const { return exists() && (refused || settled || closed()); }
  bool awake() const { return exists() && !at_rest(); }
  // The vendor owes units of this product.
  bool holds(const ProductId& product) const;
  const SubOrderLine* line(LineId id) const;
  const Shipment* shipment(const ShipmentId& id) const;
  const Return* find_return(const ReturnId& id) const;
  // Unit prices times quantities plus charges, minor units: as promised.
  std::int64_t total() const;
  // The same without what was cancelled or written off; 0 when the whole was cancelled.
  std::int64_t payable() const;
  static void fields(auto& self, auto&& visit) {
    visit("version", self.version);
    visit("preparation", self.preparation);
    visit("refused", self.refused);
    visit("settled", self.settled);
    visit("currency", self.currency);
    visit("lines", self.lines);
    visit("charges", self.charges);
    visit("shipments", self.shipments);
    visit("returns", self.returns);
  }
  bool operator==(const SubOrder&) const = default;
};

// ---- evolve

template <class T, class... Alternatives>
inline constexpr bool kIsOneOf = (std::is_same_v<T, Alternatives> || ...);

void evolve(SubOrder& sub_order, const StockReserved& event);
void evolve(SubOrder& sub_order, const ReservationRefused& event);
void evolve(SubOrder& sub_order, const ReservationSettled& event);
void evolve(SubOrder& sub_order, const SubOrderConfirmed& event);
void evolve(SubOrder& sub_order, const SubOrderPacked& event);
void evolve(SubOrder& sub_order, const SubOrderNoted& event);
void evolve(SubOrder& sub_order, const LinesCancelled& event);
void evolve(SubOrder& sub_order, const CancellationRefused& event);
void evolve(SubOrder& sub_order, const AddressChanged& event);
void evolve(SubOrder& sub_order, const AddressChangeRefused& event);
void evolve(SubOrder& sub_order, const ShipmentDispatched& event);
void evolve(SubOrder& sub_order, const ShipmentUpdated& event);
void evolve(SubOrder& sub_order, const ShipmentProblemReported& event);
void evolve(SubOrder& sub_order, const ShipmentLost& event);
void evolve(SubOrder& sub_order, const LostShipmentReplaced& event);
void evolve(SubOrder& sub_order, const LostShipmentWrittenOff& event);
void evolve(SubOrder& sub_order, const ShipmentDelivered& event);
void evolve(SubOrder& sub_order, const ReturnRequested& event);
void evolve(SubOrder& sub_order, const ReturnReceived& event);
void evolve(SubOrder& sub_order, const ReturnRefused& event);
void evolve(SubOrder& sub_order, const SubOrderEvent& event);

// What an event does to the stock of its sub-order's products: one change of version an item,
// however many lines name its product. `before` is the sub-order without the event; `item_of` gives
// the stock item of a product, which is done with before the next is asked for. The events that
// have no overload leave the stock alone.
using StockOf = std::function<StockItem&(const ProductId&)>;
void apply_to_stock(const SubOrder& before, const StockReserved& event, const StockOf& item_of);
void apply_to_stock(const SubOrder& before, const ReservationSettled& event,
                    const StockOf& item_of);
void apply_to_stock(const SubOrder& before, const SubOrderConfirmed& event, const StockOf& item_of);
void apply_to_stock(const SubOrder& before, const LinesCancelled& event, const StockOf& item_of);
void apply_to_stock(const SubOrder& before, const ShipmentDispatched& event,
                    const StockOf& item_of);
void apply_to_stock(const SubOrder& before, const LostShipmentReplaced& event,
                    const StockOf& item_of);
void apply_to_stock(const SubOrder& before, const ReturnReceived& event, const StockOf& item_of);
void apply_to_stock(const SubOrder& before, const SubOrderEvent& event, const StockOf& item_of);

template <class E>
concept MovesStock =
    kIsOneOf<E, StockReserved, ReservationSettled, SubOrderConfirmed, LinesCancelled,
             ShipmentDispatched, LostShipmentReplaced, ReturnReceived>;

// ---- decide

// What a vendor offers for one requested line. Borrows the texts from who keeps the product.
struct Offer {
  bool listed = false;
  std::string_view name;
  std::string_view sku;
  Money price;
  Quantity available = 0;
  bool contended = false;  // some of it is promised to orders that may yet be given up
};

// `offers` stand in the order of the command's lines. Always an event: StockReserved, or
// ReservationRefused with NotFound (vendor), VendorIsSuspended, ProductIsNotListed, PriceChanged,
// MixedCurrency or InsufficientStock.
SubOrderEvent decide(const Vendor* vendor, std::span<const Offer> offers, ReserveStock command);
// The refusal that the decision above would give; nothing when it would reserve.
std::optional<Rejection> refusal_of(const Vendor* vendor, std::span<const Offer> offers,
                                    const ReserveStock& command);
// What the line costs: its own price when it has one, else the catalogue's.
const Money& price_of(const PlacedLine& line, const Offer& offer);

// Commands that the order's partition sends are answered by an event even when nothing changes,
// but for the first two, which need no answer. All others: NotFound, VersionMismatch first.
Decision decide(const SubOrder& sub_order, const SettleReservation& command);
Decision decide(const SubOrder& sub_order, const ConfirmSubOrder& command);
// QuantityExceedsOpen, IllegalTransition (a customer after Packed, or all has shipped). Without
// lines, an order's part that is wholly cancelled gives no event.
Decision decide(const SubOrder& sub_order, const CancelLines& command);
Decision decide(const SubOrder& sub_order, const ChangeSubOrderAddress& command);
// IllegalTransition; AlreadyExists for a shipment id in use; InvalidCommand for a carrier or code
// of a shipment when all has shipped with others. A repeated status gives no event, and keeps no
// note.
Decision decide(const SubOrder& sub_order, const AdvanceSubOrder& command);
// IllegalTransition when the vendor refused it: nothing can be said of it any more.
Decision decide(const SubOrder& sub_order, const NoteSubOrder& command);
// QuantityExceedsOpen, IllegalTransition when it isn't confirmed, AlreadyExists.
Decision decide(const SubOrder& sub_order, const ShipLines& command);
// `items` tell what is available, for the replacement of a lost shipment's lines.
Decision decide(const SubOrder& sub_order, std::span<const StockItem> items,
                const UpdateShipment& command);
Decision decide(const SubOrder& sub_order, const RequestReturn& command);
Decision decide(const SubOrder& sub_order, const ResolveReturn& command);

// The statuses that AdvanceSubOrder may take the sub-order to, by name.
std::vector<std::string> allowed_from(const SubOrder& sub_order);
// Units of the line that have shipped and could still come back.
Quantity returnable(const SubOrder& sub_order, const SubOrderLine& line);

}  // namespace cassette::domain

template <>
struct cassette::EnumNames<cassette::domain::OrderStatus> {
  static constexpr std::array<std::string_view, 6> values{"Pending", "Confirmed", "Packed",
                                                          "Shipped", "Delivered", "Cancelled"};
};
template <>
struct cassette::EnumNames<cassette::domain::ShipmentStatus> {
  static constexpr std::array<std::string_view, 4> values{"Shipped", "Problem", "Lost",
                                                          "Delivered"};
};
template <>
struct cassette::EnumNames<cassette::domain::LossResolution> {
  static constexpr std::array<std::string_view, 3> values{"None", "Replaced", "WrittenOff"};
};
template <>
struct cassette::EnumNames<cassette::domain::ReturnStatus> {
  static constexpr std::array<std::string_view, 3> values{"Requested", "Received", "Refused"};
};
template <>
struct cassette::EnumNames<cassette::domain::Preparation> {
  static constexpr std::array<std::string_view, 3> values{"Pending", "Confirmed", "Packed"};
};
