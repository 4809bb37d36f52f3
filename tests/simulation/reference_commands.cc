// Reference: how a command is to be answered, on the state as it is.
#include <algorithm>
#include <set>

#include "eventstore/codec.h"
#include "tests/simulation/reference.h"

namespace cassette::sim {

using namespace domain;

namespace {

using Answers = std::vector<Expected>;

const Answers kAccepted = {{Expected::Answer::Accepted, ""}};
const Answers kAlreadySo = {{Expected::Answer::AlreadySo, ""}};

Answers refused(const char* type) {
  return {{Expected::Answer::Refused, type}};
}

const Answers kNotFound = refused("NotFound");
const Answers kIllegal = refused("IllegalTransition");

}  // namespace

std::string Reference::refusal_of(const std::string& vendor,
                                  const std::vector<PlacedLine>& lines) const {
  const auto shop = shops_.find(vendor);
  if (shop == shops_.end()) return "NotFound";
  if (shop->second.suspended) return "VendorIsSuspended";
  std::map<std::string, Units> demands;
  for (const PlacedLine& line : lines) {
    const auto product = listings_.find({vendor, line.product_id.value});
    if (product == listings_.end() || !product->second.listed) return "ProductIsNotListed";
    if (line.expected_unit_price && line.expected_unit_price->amount != product->second.price) {
      return "PriceChanged";
    }
    demands[line.product_id.value] += line.quantity;
  }
  for (const auto& [product, wanted] : demands) {
    const auto shelf = shelves_.find({vendor, product});
    if (shelf == shelves_.end() || wanted > shelf->second.available()) return "InsufficientStock";
  }
  return "";
}

// One overload a command that the simulated clients send; nobody else's are asked for.
struct Reference::Expect {
  const Reference& all;
  std::uint32_t partition;
  Timestamp now;
  Timestamp latest;

  bool local(const std::string& id) const {
    return eventstore::partition_of(id, all.partitions_) == partition;
  }

  // ---- vendors and products

  Answers operator()(const RegisterVendor& command) const {
    return all.shops_.contains(command.vendor_id.value) ? refused("AlreadyExists") : kAccepted;
  }
  Answers suspension(const std::string& vendor, bool wanted) const {
    const auto shop = all.shops_.find(vendor);
    if (shop == all.shops_.end()) return kNotFound;
    return shop->second.suspended == wanted ? kAlreadySo : kAccepted;
  }
  Answers operator()(const SuspendVendor& command) const {
    return suspension(command.vendor_id.value, true);
  }
  Answers operator()(const ReinstateVendor& command) const {
    return suspension(command.vendor_id.value, false);
  }
  Answers operator()(const ListProduct& command) const {
    if (!all.shops_.contains(command.vendor_id.value)) return kNotFound;
    const Pair key{command.vendor_id.value, command.product_id.value};
    return all.listings_.contains(key) ? refused("AlreadyExists") : kAccepted;
  }
  // Only prices are revised here, of products that are never delisted.
  Answers operator()(const ReviseProduct& command) const {
    if (!all.shops_.contains(command.vendor_id.value)) return kNotFound;
    const auto found = all.listings_.find({command.vendor_id.value, command.product_id.value});
    const bool same =
        found != all.listings_.end() && found->second.price == command.details.price.amount;
    return same ? kAlreadySo : kAccepted;
  }

  // ---- stock

  const ShelfState* shelf(const auto& command) const {
    const auto found = all.shelves_.find({command.vendor_id.value, command.product_id.value});
    return found == all.shelves_.end() ? nullptr : &found->second;
  }
  Answers below(const ShelfState& item, Units shelf, OnShortfall on_shortfall) const {
    const bool short_of = shelf < item.reserved && on_shortfall == OnShortfall::Reject;
    return short_of ? refused("BelowReserved") : kAccepted;
  }
  Answers operator()(const CountStock& command) const {
    if (!all.listings_.contains({command.vendor_id.value, command.product_id.value})) {
      return kNotFound;
    }
    const ShelfState* found = shelf(command);
    const ShelfState item = found ? *found : ShelfState{};
    if (command.expected_on_hand && *command.expected_on_hand != item.on_hand) {
      return refused("OnHandMismatch");
    }
    const Answers answers = below(item, command.quantity, command.on_shortfall);
    const bool same_thresholds = command.reorder_point.value_or(item.reorder) == item.reorder &&
                                 command.safety_stock.value_or(item.safety) == item.safety;
    const bool same_count = found && item.on_hand - item.missing == command.quantity;
    const bool refusal = answers.front().answer == Expected::Answer::Refused;
    return same_count && same_thresholds && !refusal ? kAlreadySo : answers;
  }
  Answers operator()(const AdjustStock& command) const {
    const ShelfState* item = shelf(command);
    if (!item) return kNotFound;
    if (command.expected_on_hand && *command.expected_on_hand != item->on_hand) {
      return refused("OnHandMismatch");
    }
    const Units after = item->on_hand - item->missing + command.delta;
    if (after < 0) return refused("InvalidCommand");
    return below(*item, after, command.on_shortfall);
  }

  // ---- orders

  // Refused at once where all vendors that come first live with the order.
  Answers operator()(const PlaceOrder& command) const {
    if (all.purchases_.contains(command.order_id.value)) return refused("AlreadyExists");
    std::map<std::string, std::vector<PlacedLine>> vendors;
    for (const OrderItem& item : command.items) {
      PlacedLine line{{}, item.vendor_id, item.product_id, item.quantity, {}, {}};
      line.expected_unit_price = item.expected_unit_price;
      vendors[item.vendor_id.value].push_back(line);
    }
    std::size_t short_vendors = 0;
    for (const auto& [vendor, lines] : vendors) {
      if (!local(vendor)) return kAccepted;
      const std::string refusal = all.refusal_of(vendor, lines);
      if (refusal.empty()) continue;
      const bool skips = command.on_shortage == OnShortage::CancelShortVendors;
      if (refusal != "InsufficientStock" || !skips) return refused(refusal.c_str());
      ++short_vendors;
    }
    return short_vendors == vendors.size() ? refused("InsufficientStock") : kAccepted;
  }

  const PurchaseState* purchase(const auto& command) const {
    const auto found = all.purchases_.find(command.order_id.value);
    return found == all.purchases_.end() ? nullptr : &found->second;
  }

  // The time of a decision that is not in the ledger is not known exactly.
  Answers operator()(const ConfirmOrder& command) const {
    const PurchaseState* order = purchase(command);
    if (!order) return kNotFound;
    if (order->expired) return refused("ReservationHasExpired");
    const bool placing = order->phase == PurchaseState::Phase::Placing;
    if (order->phase == PurchaseState::Phase::Failed || (!order->standing() && !placing)) {
      return kIllegal;
    }
    if (order->confirmed) return kAlreadySo;
    Answers answers;
    if (!order->deadline || now.micros < *order->deadline) {
      answers.push_back(placing ? Expected{Expected::Answer::Refused, "OrderIsUnsettled"}
                                : Expected{Expected::Answer::Accepted, ""});
    }
    if (order->deadline && latest.micros >= *order->deadline) {
      answers.push_back({Expected::Answer::Refused, "ReservationHasExpired"});
    }
    return answers;
  }

  Answers operator()(const CancelOrder& command) const {
    const PurchaseState* order = purchase(command);
    if (!order) return kNotFound;
    const bool failed = order->phase == PurchaseState::Phase::Failed;
    const bool customer = command.asked_by == Role::Customer;
    const auto would_cancel = [&](const PartView& part) {
      if (failed && part.outstanding > 0) return false;
      if (part.asked && !part.answered) return true;
      if (!part.stands() || part.part.open() == 0) return false;
      return !customer || part.part.preparation < 2;
    };
    const bool any = std::ranges::any_of(
        order->parts, [&](const auto& part) { return would_cancel(part.second); });
    if (any) return kAccepted;
    return failed || !order->standing() ? kAlreadySo : kIllegal;
  }

  // ---- parts

  const PartState* part(const auto& command) const {
    const auto found = all.parts_.find({command.vendor_id.value, command.order_id.value});
    return found == all.parts_.end() || !found->second.exists ? nullptr : &found->second;
  }

  // Empty when the lines may be had from `limit`.
  Answers lines_refusal(const PartState& part, const std::vector<LineQuantity>& lines,
                        auto&& limit) const {
    for (const LineQuantity& each : lines) {
      const auto line = part.lines.find(each.line_id.value);
      if (line == part.lines.end()) return kNotFound;
      if (each.quantity > limit(line->first, line->second)) return refused("QuantityExceedsOpen");
    }
    return {};
  }
  Answers open_refusal(const PartState& part, const std::vector<LineQuantity>& lines) const {
    return lines_refusal(part, lines,
                         [](std::uint32_t, const LineState& line) { return line.open(); });
  }

  Answers cancel(const PartState& part, const std::vector<LineQuantity>& lines,
                 Role asked_by) const {
    if (lines.empty() && part.status() == OrderStatus::Cancelled) return kAlreadySo;
    const bool left = part.preparation == 2 || !part.parcels.empty();
    if (part.open() == 0 || (asked_by == Role::Customer && left)) return kIllegal;
    const Answers refusal = open_refusal(part, lines);
    return refusal.empty() ? kAccepted : refusal;
  }
  Answers operator()(const CancelLines& command) const {
    const PartState* mine = part(command);
    return mine ? cancel(*mine, command.lines, command.asked_by) : kNotFound;
  }

  std::set<OrderStatus> allowed(const PartState& part) const {
    const bool lost = std::ranges::any_of(part.parcels, [](const auto& each) {
      return each.second.status == ShipmentStatus::Lost && each.second.open();
    });
    std::set<OrderStatus> allowed;
    const OrderStatus status = part.status();
    if (status == OrderStatus::Pending) return {OrderStatus::Cancelled};
    if (status == OrderStatus::Delivered || status == OrderStatus::Cancelled) return {};
    if (status == OrderStatus::Confirmed) allowed.insert(OrderStatus::Packed);
    if (status != OrderStatus::Shipped) allowed.insert(OrderStatus::Shipped);
    if (!lost) allowed.insert(OrderStatus::Delivered);
    if (part.open() > 0) allowed.insert(OrderStatus::Cancelled);
    return allowed;
  }
  Answers operator()(const AdvanceSubOrder& command) const {
    const PartState* mine = part(command);
    if (!mine) return kNotFound;
    if (command.status == mine->status()) return kAlreadySo;
    if (!allowed(*mine).contains(command.status)) return kIllegal;
    if (command.status == OrderStatus::Cancelled) return cancel(*mine, {}, Role::System);
    const bool ships = command.status != OrderStatus::Packed && mine->open() > 0;
    const bool used = mine->parcels.contains(command.shipment_id.value);
    return ships && used ? refused("AlreadyExists") : kAccepted;
  }
  Answers operator()(const ShipLines& command) const {
    const PartState* mine = part(command);
    if (!mine) return kNotFound;
    if (mine->parcels.contains(command.shipment_id.value)) return refused("AlreadyExists");
    const OrderStatus status = mine->status();
    if (status != OrderStatus::Confirmed && status != OrderStatus::Packed) return kIllegal;
    const Answers refusal = open_refusal(*mine, command.lines);
    return refusal.empty() ? kAccepted : refusal;
  }

  Units returnable(const PartState& part, std::uint32_t id, const LineState& line) const {
    Units requested = 0;
    for (const auto& [name, each] : part.returns) {
      const auto asked = each.lines.find(id);
      if (each.status != ReturnStatus::Requested || asked == each.lines.end()) continue;
      requested += asked->second;
    }
    return line.shipped - line.lost - line.returned - requested;
  }
  Answers returnable_refusal(const PartState& part, const std::vector<LineQuantity>& lines) const {
    return lines_refusal(part, lines, [&](std::uint32_t id, const LineState& line) {
      return returnable(part, id, line);
    });
  }

  // The clients only ever say that a shipment is lost, and what becomes of that.
  Answers operator()(const UpdateShipment& command) const {
    const PartState* mine = part(command);
    if (!mine) return kNotFound;
    const auto parcel = mine->parcels.find(command.shipment_id.value);
    if (parcel == mine->parcels.end()) return kNotFound;
    const ParcelState& state = parcel->second;
    if (state.resolution == command.resolution && state.status == ShipmentStatus::Lost) {
      return kAlreadySo;
    }
    if (state.status != ShipmentStatus::Lost && !state.open()) return kIllegal;
    if (state.resolution != LossResolution::None) return kIllegal;
    std::vector<LineQuantity> lines;
    std::map<std::string, Units> products;
    for (const auto& [id, quantity] : state.lines) {
      lines.push_back({{id}, quantity});
      products[mine->lines.at(id).product] += quantity;
    }
    const Answers refusal = returnable_refusal(*mine, lines);
    if (!refusal.empty()) return refusal;
    if (command.resolution == LossResolution::WrittenOff) return kAccepted;
    for (const auto& [product, wanted] : products) {
      const auto shelf = all.shelves_.find({command.vendor_id.value, product});
      const Units available = shelf == all.shelves_.end() ? 0 : shelf->second.available();
      if (wanted > available) return refused("InsufficientStock");
    }
    return kAccepted;
  }

  Answers operator()(const RequestReturn& command) const {
    const PartState* mine = part(command);
    if (!mine) return kNotFound;
    if (mine->returns.contains(command.return_id.value)) return refused("AlreadyExists");
    const Answers refusal = returnable_refusal(*mine, command.lines);
    return refusal.empty() ? kAccepted : refusal;
  }
  Answers operator()(const ResolveReturn& command) const {
    const PartState* mine = part(command);
    if (!mine) return kNotFound;
    const auto found = mine->returns.find(command.return_id.value);
    if (found == mine->returns.end()) return kNotFound;
    if (found->second.status == command.status) return kAlreadySo;
    return found->second.status == ReturnStatus::Requested ? kAccepted : kIllegal;
  }
  Answers operator()(const NoteSubOrder& command) const {
    const PartState* mine = part(command);
    if (!mine) return kNotFound;
    return mine->refused ? kIllegal : kAccepted;
  }

  template <class C>
  requires kIsOneOf<C, ChangeVendor, DelistProduct, RegisterCustomer, ChangeCustomer, EraseCustomer,
                    ChangeOrderAddress, ExpireReservation, RecordSubOrder, ReserveStock,
                    SettleReservation, ConfirmSubOrder, ChangeSubOrderAddress>
      Answers operator()(const C&) const {
    return {};
  }
};

std::vector<Expected> Reference::expect(const Command& command, std::uint32_t partition,
                                        Timestamp now, Timestamp latest) const {
  return std::visit(Expect{*this, partition, now, latest}, command);
}

}  // namespace cassette::sim
