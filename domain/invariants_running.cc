// RunningCheck: keeps its own books of what every event counts, promises, ships, bills and gives
// back, and holds the aggregates against them. It uses no fold of theirs to do so.
#include <algorithm>

#include "domain/invariants.h"
#include "domain/judge.h"
#include "domain/status_paths.h"

namespace cassette::domain {
namespace {

template <class E>
concept CountsStock = kIsOneOf<E, StockCounted, StockAdjusted, StockShortfallRecorded,
                               StockThresholdsSet, ReorderPointReached>;
template <class E>
concept OfOrder =
    kIsOneOf<E, OrderPlaced, StockRequested, OrderSettled, OrderConfirmed, OrderCancelled,
             ReservationExpired, CancellationRequested, AddressChangeRequested, SubOrderRecorded>;
template <class E>
concept OfOther = kIsOneOf<E, LedgerCreated, PartitionClaimed, VendorRegistered, VendorChanged,
                           VendorSuspended, VendorReinstated, ProductListed, ProductRevised,
                           ProductDelisted, CustomerRegistered, CustomerChanged, CustomerErased>;
// Events that end units of a reservation, or promise them anew.
template <class E>
concept MovesUnits = kIsOneOf<E, LinesCancelled, ShipmentDispatched, LostShipmentReplaced>;

template <class Map>
auto* entry_of(Map& map, const auto& id) {
  return map.find(id) == nullptr ? nullptr : &map.at(id).second;
}

Quantity held_at(const std::vector<WarehouseStock>& locations, Quantity physical,
                 const WarehouseId& named) {
  const std::string_view warehouse = named.empty() ? kMainWarehouse : named.value;
  if (locations.empty()) return warehouse == kMainWarehouse ? physical : 0;
  for (const WarehouseStock& each : locations) {
    if (each.warehouse_id.value == warehouse) return each.on_hand;
  }
  return 0;
}

}  // namespace

struct RunningCheck::Fold {
  RunningCheck& books;
  const Marketplace& marketplace;
  Violations& found;
  const bool judging;

  // What an event does to a shelf, beside what it promises of it.
  struct Change {
    bool counts = false;  // how much there is was looked at, and nothing moved
    Quantity counted = 0;
    Quantity shipped = 0;
    Quantity released = 0;
    Quantity restocked = 0;
  };
  // A product that an event touches, and the change of all lines that name it.
  struct Touched {
    const ProductId* product = nullptr;
    Shelf* shelf = nullptr;
    Change change;
  };
  // Orders have few lines, so a search beats a map.
  using TouchedList = std::vector<Touched>;

  void operator()(const OfOther auto&) const {}

  // ---- orders

  void operator()(const OfOrder auto& event) const {
    const Judge judge("order", {}, event.order_id.value, found);
    const Order* order = marketplace.order(event.order_id);
    if (order == nullptr) return judge.say("is not there");
    if (judging) judge_aggregate(event, *order);
    OrderBook* book = book_of(event);
    if (book == nullptr) return judge.holds(order->closed(), "was closed, and is open again");
    enter(event, *book);
    if (judging) judge_path(event, *book, *order, judge);
    if (judging && book->total) judge.equal("the total", *book->total, total_of(*order));
    *book = {order->phase, order->status(), order->confirmed, book->given_up, book->total};
    if (order->closed()) books.orders_.erase(event.order_id);
  }

  void judge_aggregate(const auto& event, const Order& order) const {
    check_order_itself(event.order_id, order, found);
  }
  void judge_aggregate(const SubOrderRecorded& event, const Order& order) const {
    check_order_itself(event.order_id, order, found);
    const OrderPart* part = order.part(event.vendor_id);
    if (part) check_sub_order(event.vendor_id, event.order_id, part->sub_order, found);
  }

  OrderBook* book_of(const auto& event) const { return entry_of(books.orders_, event.order_id); }
  OrderBook* book_of(const OrderPlaced& event) const {
    return &books.orders_.at(event.order_id).second;
  }

  void enter(const auto&, OrderBook&) const {}
  void enter(const OrderSettled& event, OrderBook& book) const {
    book.total = event.total_amount.amount;
  }
  void enter(const OrderCancelled&, OrderBook& book) const { book.given_up = true; }
  void enter(const ReservationExpired&, OrderBook& book) const { book.given_up = true; }

  static std::int64_t total_of(const Order& order) {
    std::int64_t total = 0;
    for (const OrderPart& part : order.parts) total += part.sub_order.total();
    return total;
  }

  void judge_path(const auto& event, const OrderBook& before, const Order& order,
                  const Judge& judge) const {
    judge.holds(may_become(before.phase, order.phase), "is asked for again");
    judge.holds(order.confirmed || !before.confirmed, "was confirmed, and is not any more");
    const OrderStatus after = order.status();
    // An answer that comes late is given back by the events after it.
    if (before.given_up && !answers(event)) judge_given_up(order, judge);
    if (order.phase == OrderPhase::Failed || may_become(before.status, after, replaces(event))) {
      return;
    }
    judge.say("went from " + std::string(name_of(before.status)) + " to " +
              std::string(name_of(after)));
  }

  static void judge_given_up(const Order& order, const Judge& judge) {
    judge.holds(!order.at_rest() || order.status() == OrderStatus::Cancelled,
                "was given up, and keeps a reservation");
  }

  static bool answers(const auto&) { return false; }
  static bool answers(const SubOrderRecorded& event) {
    return std::holds_alternative<StockReserved>(event.change);
  }
  static bool replaces(const auto&) { return false; }
  static bool replaces(const SubOrderRecorded& event) {
    return std::holds_alternative<LostShipmentReplaced>(event.change);
  }

  // ---- stock

  void operator()(const CountsStock auto& event) const {
    Shelf& shelf = books.shops_.at(event.vendor_id).second.shelves.at(event.product_id).second;
    check(event.vendor_id, {&event.product_id, &shelf, change_of(event, shelf)});
  }

  static Change change_of(const StockCounted& event, const Shelf& before) {
    const Quantity held = held_at(before.locations, before.physical(), event.warehouse_id);
    return {.counts = true, .counted = event.quantity - held};
  }
  static Change change_of(const StockAdjusted& event, const Shelf&) {
    return {.counts = true, .counted = event.delta};
  }
  static Change change_of(const StockShortfallRecorded&, const Shelf&) { return {}; }
  static Change change_of(const StockThresholdsSet&, const Shelf&) { return {}; }
  static Change change_of(const ReorderPointReached&, const Shelf&) { return {}; }

  // Enters what the event did, and judges whether the item shows that and nothing else.
  void check(const VendorId& vendor, const Touched& touched) const {
    Shelf& shelf = *touched.shelf;
    const Judge judge("stock", vendor.value, touched.product->value, found);
    const auto item = marketplace.stock(vendor, *touched.product);
    if (!item) return judge.say("is not there");
    const Quantity found_missing = enter(touched.change, shelf);
    if (judging) {
      check_stock(vendor, *touched.product, *item, shelf.promised, found);
      judge_units(judge, shelf, touched.change, found_missing, *item);
    }
    shelf.on_hand = item->on_hand;
    shelf.missing = item->missing;
    if (shelf.locations != item->locations) shelf.locations = item->locations;
  }

  // The units that were missing and shipped nevertheless: somebody had them after all.
  static Quantity enter(const Change& change, Shelf& shelf) {
    const Quantity found_missing =
        std::max<Quantity>(0, change.shipped - std::max<Quantity>(0, shelf.physical()));
    shelf.counted_in += change.counted + found_missing;
    shelf.shipped += change.shipped;
    shelf.restocked += change.restocked;
    return found_missing;
  }

  // Stock is neither lost nor created: what is on hand follows from what was, and the change; and
  // all that was counted in is on hand, or was shipped and did not come back.
  static void judge_units(const Judge& judge, const Shelf& before, const Change& change,
                          Quantity found_missing, const StockItem& item) {
    const Quantity given_up = std::min(before.missing, change.released);
    const Quantity refilled = std::min(before.missing, change.restocked);
    Quantity on_hand = before.on_hand - change.shipped - given_up + change.restocked - refilled;
    Quantity missing = before.missing - given_up - refilled - found_missing;
    if (change.counts) {
      const Quantity total = before.physical() + change.counted;
      on_hand = std::max(total, before.promised.reserved);
      missing = on_hand - total;
    }
    judge.equal("on hand", item.on_hand, on_hand);
    judge.equal("missing", item.missing, missing);
    judge.equal("counted in", before.counted_in,
                item.on_hand - item.missing + before.shipped - before.restocked);
  }

  // ---- sub-orders

  template <IsSubOrderEvent E>
  void operator()(const E& event) const {
    const Judge judge("sub-order", event.vendor_id.value, event.order_id.value, found);
    Shop& shop = books.shops_.at(event.vendor_id).second;
    apply(event, shop, judge);
    const SubOrder* mine = marketplace.sub_order(event.vendor_id, event.order_id);
    if (mine == nullptr) return judge.say("is not there");
    if (judging) check_sub_order(event.vendor_id, event.order_id, *mine, found);
    Claim* claim = entry_of(shop.claims, event.order_id);
    if (claim == nullptr) return judge.holds(mine->closed(), "was closed, and is open again");
    const OrderStatus after = mine->status();
    if (judging) judge_claim<E>(*claim, *mine, after, judge);
    claim->status = after;
    if (mine->closed()) shop.claims.erase(event.order_id);
  }

  template <class E>
  void judge_claim(const Claim& claim, const SubOrder& mine, OrderStatus after,
                   const Judge& judge) const {
    if constexpr (!kIsOneOf<E, StockReserved>) {
      if (!may_lead<E>(claim.status, after)) {
        judge.say("went from " + std::string(name_of(claim.status)) + " to " +
                  std::string(name_of(after)) + " by " + std::string(E::type));
      }
    } else {
      judge.holds(after == OrderStatus::Pending, "is reserved, and not pending");
    }
    for (const Line& line : claim.lines) {
      const SubOrderLine* other = mine.line(line.line_id);
      if (other && other->open() == line.open) continue;
      judge.say("open units differ from what is promised");
    }
    if (!claim.lines.empty()) judge_bill(claim, mine, after, judge);
  }

  // What there is to pay follows from what was reserved, cancelled and lost, as it was recorded.
  static void judge_bill(const Claim& claim, const SubOrder& mine, OrderStatus after,
                         const Judge& judge) {
    std::int64_t total = claim.charges;
    std::int64_t payable = claim.charges;
    for (const Line& line : claim.lines) {
      total += line.unit_price * line.ordered;
      payable += line.unit_price * (line.ordered - line.given_up);
    }
    if (after == OrderStatus::Cancelled) payable = 0;
    payable = std::max<std::int64_t>(0, payable);
    if (mine.total() == total && mine.payable() == payable) return;
    judge.say(std::to_string(mine.payable()) + " of " + std::to_string(mine.total()) +
              " is to be paid, should be " + std::to_string(payable) + " of " +
              std::to_string(total));
  }

  // ---- what they do to their claims and shelves

  static Touched& touched_of(TouchedList& list, Shop& shop, const ProductId& product) {
    for (Touched& each : list) {
      if (*each.product == product) return each;
    }
    return list.emplace_back(&product, &shop.shelves.at(product).second);
  }

  // Moves units of a claim's lines by `sign`, and of what is promised of their shelves; `member`
  // counts them as a change.
  TouchedList move(Shop& shop, Claim& claim, const std::vector<LineQuantity>& lines, int sign,
                   Quantity Change::*member, const Judge& judge) const {
    TouchedList list;
    for (const LineQuantity& each : lines) {
      const auto line = std::ranges::find(claim.lines, each.line_id, &Line::line_id);
      if (line == claim.lines.end()) {
        judge.say("has no line " + std::to_string(each.line_id.value));
        continue;
      }
      line->open += sign * each.quantity;
      judge.holds(line->open >= 0, "a reservation ends more than once");
      Touched& touched = touched_of(list, shop, line->product_id);
      if (member != nullptr) touched.change.*member += each.quantity;
      touched.shelf->promised.reserved += sign * each.quantity;
      if (!claim.settled) touched.shelf->promised.unsettled += sign * each.quantity;
    }
    return list;
  }

  void check(const VendorId& vendor, const TouchedList& list) const {
    for (const Touched& each : list) check(vendor, each);
  }

  static void give_up(Claim& claim, const std::vector<LineQuantity>& lines) {
    for (const LineQuantity& each : lines) {
      const auto line = std::ranges::find(claim.lines, each.line_id, &Line::line_id);
      if (line != claim.lines.end()) line->given_up += each.quantity;
    }
  }

  void apply(const StockReserved& event, Shop& shop, const Judge&) const {
    Claim& claim = shop.claims.at(event.order_id).second;
    claim.settled = event.settled;
    for (const Charge& charge : event.charges) claim.charges += charge.amount;
    claim.lines.reserve(event.lines.size());
    TouchedList list;
    for (const ReservedLine& line : event.lines) {
      claim.lines.push_back(
          {line.line_id, line.product_id, line.quantity, line.quantity, 0, line.unit_price.amount});
      Shelf& shelf = *touched_of(list, shop, line.product_id).shelf;
      shelf.promised.reserved += line.quantity;
      if (!event.settled) shelf.promised.unsettled += line.quantity;
    }
    check(event.vendor_id, list);
  }

  // Of a closed one nothing is left to settle.
  void settle(const auto& event, Shop& shop) const {
    Claim* claim = entry_of(shop.claims, event.order_id);
    if (claim == nullptr || std::exchange(claim->settled, true)) return;
    TouchedList list;
    for (const Line& line : claim->lines) {
      touched_of(list, shop, line.product_id).shelf->promised.unsettled -= line.open;
    }
    check(event.vendor_id, list);
  }
  void apply(const ReservationSettled& event, Shop& shop, const Judge&) const {
    settle(event, shop);
  }
  void apply(const SubOrderConfirmed& event, Shop& shop, const Judge&) const {
    settle(event, shop);
  }

  template <MovesUnits E>
  void apply(const E& event, Shop& shop, const Judge& judge) const {
    Claim* claim = entry_of(shop.claims, event.order_id);
    if (claim == nullptr) return judge.say("has no reservation that is open");
    check(event.vendor_id, moved_by(event, shop, *claim, judge));
  }

  TouchedList moved_by(const LinesCancelled& event, Shop& shop, Claim& claim,
                       const Judge& judge) const {
    give_up(claim, event.lines);
    return move(shop, claim, event.lines, -1, &Change::released, judge);
  }
  TouchedList moved_by(const ShipmentDispatched& event, Shop& shop, Claim& claim,
                       const Judge& judge) const {
    claim.parcels.push_back({event.shipment_id, ShipmentStatus::Shipped, false, event.lines});
    return move(shop, claim, event.lines, -1, &Change::shipped, judge);
  }
  TouchedList moved_by(const LostShipmentReplaced& event, Shop& shop, Claim& claim,
                       const Judge& judge) const {
    const Parcel* parcel = resolve(claim, event.shipment_id, judge);
    if (parcel == nullptr) return {};
    return move(shop, claim, parcel->lines, 1, nullptr, judge);
  }

  void apply(const LostShipmentWrittenOff& event, Shop& shop, const Judge& judge) const {
    Claim* claim = entry_of(shop.claims, event.order_id);
    if (claim == nullptr) return judge.say("has no shipment that is open");
    const Parcel* parcel = resolve(*claim, event.shipment_id, judge);
    if (parcel != nullptr) give_up(*claim, parcel->lines);
  }

  // The sub-order may be closed, and its claim gone: its own list of returns tells what came back.
  void apply(const ReturnReceived& event, Shop& shop, const Judge&) const {
    const SubOrder* mine = marketplace.sub_order(event.vendor_id, event.order_id);
    const Return* returned = mine ? mine->find_return(event.return_id) : nullptr;
    if (!returned || !event.restocked) return;
    TouchedList list;
    for (const LineQuantity& each : returned->lines) {
      const SubOrderLine* line = mine->line(each.line_id);
      if (line) touched_of(list, shop, line->product_id).change.restocked += each.quantity;
    }
    check(event.vendor_id, list);
  }

  // ---- shipments

  // Null when there is none that is open.
  static Parcel* parcel_of(Claim* claim, const ShipmentId& id, const Judge& judge) {
    if (claim != nullptr) {
      const auto parcel = std::ranges::find(claim->parcels, id, &Parcel::shipment_id);
      if (parcel != claim->parcels.end() && !parcel->resolved) return &*parcel;
    }
    judge.say("has no shipment " + id.value + " that is open");
    return nullptr;
  }

  static const Parcel* resolve(Claim& claim, const ShipmentId& id, const Judge& judge) {
    Parcel* parcel = parcel_of(&claim, id, judge);
    if (parcel == nullptr) return nullptr;
    judge.holds(parcel->status == ShipmentStatus::Lost, "resolves a shipment that is not lost");
    parcel->resolved = true;
    return parcel;
  }

  void send_on(const auto& event, Shop& shop, ShipmentStatus to, const Judge& judge) const {
    Parcel* parcel = parcel_of(entry_of(shop.claims, event.order_id), event.shipment_id, judge);
    if (parcel == nullptr) return;
    if (!may_become(parcel->status, to)) {
      judge.say("shipment " + parcel->shipment_id.value + " went from " +
                std::string(name_of(parcel->status)) + " to " + std::string(name_of(to)));
    }
    parcel->status = to;
  }
  void apply(const ShipmentProblemReported& event, Shop& shop, const Judge& judge) const {
    send_on(event, shop, ShipmentStatus::Problem, judge);
  }
  void apply(const ShipmentLost& event, Shop& shop, const Judge& judge) const {
    send_on(event, shop, ShipmentStatus::Lost, judge);
  }
  void apply(const ShipmentDelivered& event, Shop& shop, const Judge& judge) const {
    send_on(event, shop, ShipmentStatus::Delivered, judge);
  }

  // ---- what changes no books

  void apply(const ReservationRefused&, Shop&, const Judge&) const {}
  void apply(const SubOrderPacked&, Shop&, const Judge&) const {}
  void apply(const SubOrderNoted&, Shop&, const Judge&) const {}
  void apply(const CancellationRefused&, Shop&, const Judge&) const {}
  void apply(const AddressChanged&, Shop&, const Judge&) const {}
  void apply(const AddressChangeRefused&, Shop&, const Judge&) const {}
  void apply(const ShipmentUpdated&, Shop&, const Judge&) const {}
  void apply(const ReturnRequested&, Shop&, const Judge&) const {}
  void apply(const ReturnRefused&, Shop&, const Judge&) const {}
};

Violations RunningCheck::violations_of(const Marketplace& marketplace, const Event& event) {
  Violations found;
  std::visit(Fold{*this, marketplace, found, true}, event);
  return found;
}

Violations RunningCheck::violations_at_end(const Marketplace& marketplace) const {
  Violations found;
  for (const auto& [id, book] : orders_) {
    const Order* order = book.given_up ? marketplace.order(id) : nullptr;
    if (order) Fold::judge_given_up(*order, Judge("order", {}, id.value, found));
  }
  return found;
}

void RunningCheck::follow(const Marketplace& marketplace, const Event& event) {
  Violations unheard;
  std::visit(Fold{*this, marketplace, unheard, false}, event);
}

}  // namespace cassette::domain
