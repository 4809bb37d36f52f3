// Shopper: one draw after another.
#include "tests/simulation/shopper.h"

#include <fmt/format.h>

#include "eventstore/codec.h"

namespace cassette::sim {

using namespace domain;

namespace {

// Orders that are looked back at: the older ones are left in peace.
constexpr std::size_t kRecentOrders = 12;
// Shipments and returns of a part have few names, so that they are used again.
constexpr std::uint64_t kNames = 3;

ProductDetails details_of(const ProductId& product, std::int64_t price) {
  ProductDetails details;
  details.name = "Part " + product.value;
  details.sku = "SKU-" + product.value;
  details.price = {price, {"USD"}};
  return details;
}

}  // namespace

VendorId Shopper::vendor() {
  return {fmt::format("v{}", draws_.below(world_.plan.vendors))};
}

ProductId Shopper::product() {
  return {fmt::format("p{}", draws_.below(world_.plan.products))};
}

std::vector<Command> Shopper::opening() {
  std::vector<Command> commands;
  for (std::uint32_t v = 0; v < world_.plan.vendors; ++v) {
    const VendorId id{fmt::format("v{}", v)};
    commands.emplace_back(RegisterVendor{id, "Vendor " + id.value, {}, {}});
    for (std::uint32_t p = 0; p < world_.plan.products; ++p) {
      const ProductId part{fmt::format("p{}", p)};
      commands.emplace_back(ListProduct{id, part, details_of(part, 1000)});
      CountStock count;
      count.vendor_id = id;
      count.product_id = part;
      count.quantity = world_.plan.shelf;
      commands.emplace_back(count);
    }
  }
  return commands;
}

Command Shopper::next() {
  switch (draws_.below(10)) {
    case 0:
    case 1:
      return of_shop();
    case 2:
    case 3:
    case 4:
      return order();
    case 5:
      return of_order();
    case 6:
    case 7:
    case 8:
      return of_part();
    default:
      return of_parcel();
  }
}

Command Shopper::of_shop() {
  const VendorId at = vendor();
  const ProductId part = product();
  switch (draws_.below(8)) {
    case 0:
      return SuspendVendor{at, {}, "late"};
    case 1:
    case 2:
      return ReinstateVendor{at, {}};
    case 3:
      return ReviseProduct{at, part, {}, details_of(part, 1000 + draws_.between(0, 2))};
    case 4:
    case 5: {
      AdjustStock adjust;
      adjust.vendor_id = at;
      adjust.product_id = part;
      adjust.delta = draws_.maybe() ? draws_.between(1, 9) : -draws_.between(1, 4);
      adjust.on_shortfall = draws_.maybe() ? OnShortfall::Freeze : OnShortfall::Reject;
      return adjust;
    }
    default: {
      CountStock count;
      count.vendor_id = at;
      count.product_id = part;
      count.quantity = draws_.between(0, world_.plan.shelf);
      count.on_shortfall = draws_.maybe() ? OnShortfall::Freeze : OnShortfall::Reject;
      if (draws_.one_in(4)) count.expected_on_hand = draws_.between(0, world_.plan.shelf);
      if (draws_.one_in(4)) count.reorder_point = draws_.between(0, 4);
      if (draws_.one_in(6)) count.safety_stock = draws_.between(0, 2);
      return count;
    }
  }
}

Command Shopper::order() {
  PlaceOrder place;
  place.asked_by = Role::Administrator;
  // Sometimes one that there is already.
  const bool again = !orders_.empty() && draws_.one_in(20);
  place.order_id = again ? known().order : OrderId{fmt::format("o{}", orders_.size())};
  place.customer_id = {fmt::format("c{}", draws_.below(3))};
  place.shipping_address = {"sealed"};
  Known order{place.order_id, {}, 0};
  const auto count = 1 + draws_.below(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    OrderItem item{vendor(), product(), draws_.between(1, 3), {}, {}};
    if (draws_.one_in(12)) item.expected_unit_price = Money{1000, {"USD"}};
    order.vendors.push_back(item.vendor_id);
    place.items.push_back(std::move(item));
    ++order.lines;
  }
  if (draws_.one_in(5)) {
    place.charges.push_back(
        {place.items[0].vendor_id, ChargeType::Shipping, draws_.between(0, 500)});
  }
  if (draws_.one_in(3)) {
    place.confirmation = Confirmation::Manual;
    place.reservation_seconds = draws_.between(1, world_.plan.reservation_seconds);
  }
  if (draws_.one_in(3)) place.on_shortage = OnShortage::CancelShortVendors;
  if (!again) orders_.push_back(std::move(order));
  return place;
}

const Shopper::Known& Shopper::known() {
  const std::size_t recent = std::min(orders_.size(), kRecentOrders);
  return orders_[orders_.size() - 1 - draws_.below(recent)];
}

Command Shopper::of_order() {
  if (orders_.empty()) return order();
  const OrderId id = known().order;
  if (draws_.below(5) < 3) return ConfirmOrder{id, {}};
  const Role role = draws_.maybe() ? Role::Customer : Role::Administrator;
  return CancelOrder{id, "", role, {}};
}

LineId Shopper::line(const Known& order) {
  return {static_cast<std::uint32_t>(draws_.between(1, order.lines))};
}

std::vector<LineQuantity> Shopper::lines(const Known& order) {
  if (draws_.maybe()) return {};
  return {{line(order), draws_.between(1, 2)}};
}

Command Shopper::of_part() {
  if (orders_.empty()) return order();
  const Known& order = known();
  const VendorId at = draws_.pick(order.vendors);
  switch (draws_.below(6)) {
    case 0: {
      const Role role = draws_.maybe() ? Role::Customer : Role::Vendor;
      return CancelLines{order.order, at, lines(order), "", role, false, {}};
    }
    case 1:
      return NoteSubOrder{order.order, at, "note", {}};
    case 2:
      return ShipLines{order.order,  at, {fmt::format("s{}", draws_.below(kNames))},
                       lines(order), "", "",
                       {},           {}};
    default: {
      AdvanceSubOrder advance;
      advance.order_id = order.order;
      advance.vendor_id = at;
      advance.status = draws_.of({OrderStatus::Packed, OrderStatus::Shipped, OrderStatus::Delivered,
                                  OrderStatus::Delivered, OrderStatus::Cancelled});
      advance.shipment_id = {fmt::format("s{}", draws_.below(kNames))};
      return advance;
    }
  }
}

Command Shopper::of_parcel() {
  if (orders_.empty()) return order();
  const Known& order = known();
  const VendorId at = draws_.pick(order.vendors);
  const ReturnId back{fmt::format("r{}", draws_.below(kNames))};
  switch (draws_.below(5)) {
    case 0:
    case 1:
      return RequestReturn{order.order, at, back, {{line(order), draws_.between(1, 2)}}, "", {}};
    case 2:
    case 3: {
      const ReturnStatus status = draws_.one_in(4) ? ReturnStatus::Refused : ReturnStatus::Received;
      return ResolveReturn{order.order, at, back, status, draws_.maybe(), {}, "", {}};
    }
    default: {
      UpdateShipment lost;
      lost.order_id = order.order;
      lost.vendor_id = at;
      lost.shipment_id = {fmt::format("s{}", draws_.below(kNames))};
      lost.status = ShipmentStatus::Lost;
      lost.resolution = draws_.maybe() ? LossResolution::Replaced : LossResolution::WrittenOff;
      return lost;
    }
  }
}

Wish& wish_for(World& world, Command command, bool with_id) {
  std::deque<Wish>& wishes = world.history.wishes;
  Wish& wish = wishes.emplace_back();
  wish.number = wishes.size();
  wish.partition = eventstore::partition_of(home_of(command), world.plan.partitions);
  wish.command = std::move(command);
  if (with_id) wish.id = fmt::format("wish-{}", wish.number);
  if (with_id) wish.digest = fmt::format("digest-{}", wish.number);
  wish.status = wish.number % 2 == 0 ? 200 : 201;
  return wish;
}

}  // namespace cassette::sim
