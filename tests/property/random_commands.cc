// Random commands on a small marketplace: few vendors, parts and orders, so that they collide.
#include "tests/property/random_commands.h"

#include <algorithm>
#include <tuple>

#include "tests/support/bicycle_parts.h"

namespace cassette::tests {
namespace {

using namespace domain;
namespace gen = rc::gen;

// At the full size always: RapidCheck's small sizes would hardly ever leave 0.
int below(int end) {
  return *gen::resize(rc::kNominalSize, gen::inRange(0, end));
}
bool maybe() {
  return below(2) == 1;
}

template <class T>
const T& pick(const std::vector<T>& choices) {
  return choices[static_cast<std::size_t>(below(static_cast<int>(choices.size())))];
}
template <class T>
T one_of(std::initializer_list<T> choices) {
  return pick(std::vector<T>(choices));
}

VendorId a_vendor() {
  return one_of<VendorId>({{"acme"}, {"bolt"}, {"crank"}});
}
ProductId a_product() {
  return one_of<ProductId>({{"chain"}, {"pedal"}});
}
OrderId an_order() {
  return {"o" + std::to_string(below(6))};
}
ShipmentId a_shipment() {
  return {"s" + std::to_string(below(3))};
}
ReturnId a_return() {
  return {"r" + std::to_string(below(3))};
}
WarehouseId a_warehouse() {
  return one_of<WarehouseId>({{""}, {"main"}, {"west"}});
}
Role a_role() {
  return one_of<Role>({Role::Administrator, Role::Customer, Role::Vendor});
}

// Mostly whatever it is, sometimes one that may be right.
std::optional<Version> a_version() {
  return below(6) == 0 ? std::optional<Version>(1 + below(6)) : std::nullopt;
}

std::optional<Quantity> perhaps(int end) {
  return maybe() ? std::optional<Quantity>(below(end)) : std::nullopt;
}

// A sub-order to do something with; mostly one that is there.
struct Target {
  VendorId vendor;
  OrderId order;
  SubOrder state;

  LineId line() const {
    if (state.lines.empty()) return {static_cast<std::uint32_t>(1 + below(3))};
    return pick(state.lines).line_id;
  }
  std::vector<LineQuantity> lines() const {
    std::vector<LineQuantity> lines;
    const int count = below(3);
    for (int i = 0; i < count; ++i) lines.push_back({line(), 1 + below(2)});
    return lines;
  }
  ShipmentId shipment() const {
    return state.shipments.empty() || below(9) == 0 ? a_shipment()
                                                    : pick(state.shipments).shipment_id;
  }
  ReturnId find_return() const {
    return state.returns.empty() || below(9) == 0 ? a_return() : pick(state.returns).return_id;
  }
};

// One that is there and `fits`, when there is any.
Target a_target(const PartitionRunner& runner, bool (*fits)(const SubOrder&)) {
  std::vector<Target> targets;
  for (std::size_t i = 0; i < runner.size(); ++i) {
    runner.partition(i).for_each_sub_order(
        [&](const VendorId& vendor, const OrderId& order, const SubOrder& state) {
          if (!state.refused && fits(state)) targets.push_back({vendor, order, state});
        });
  }
  std::ranges::sort(targets, {}, [](const Target& it) { return std::tie(it.vendor, it.order); });
  if (targets.empty() || below(20) == 0) return {a_vendor(), an_order(), {}};
  return pick(targets);
}

bool is_open(const SubOrder& state) {
  return !state.closed();
}
bool has_shipments(const SubOrder& state) {
  return !state.shipments.empty();
}
bool has_returns(const SubOrder& state) {
  return !state.returns.empty();
}

// ---- orders

PlaceOrder a_place() {
  PlaceOrder command = place(an_order(), {});
  const int lines = 1 + below(4);
  for (int i = 0; i < lines; ++i) {
    command.items.push_back(item(a_vendor(), a_product(), 1 + below(3)));
  }
  if (below(10) == 0) command.items[0].expected_unit_price = usd(1000 + below(2));
  if (below(4) == 0) command.charges.push_back({command.items[0].vendor_id, {}, below(500)});
  if (maybe()) command.confirmation = Confirmation::Manual;
  if (maybe()) command.on_shortage = OnShortage::CancelShortVendors;
  command.reservation_seconds = 60 * (1 + below(3));
  return command;
}

Command an_order_command() {
  switch (below(6)) {
    case 0:
      return CancelOrder{an_order(), "", a_role(), a_version()};
    case 1:
    case 2:
      return ConfirmOrder{an_order(), a_version()};
    case 3:
      return ChangeOrderAddress{an_order(), {"a" + std::to_string(below(3))}, a_version()};
    default:
      return a_place();
  }
}

// ---- sub-orders

UpdateShipment a_shipment_update(const Target& target) {
  UpdateShipment command;
  command.order_id = target.order;
  command.vendor_id = target.vendor;
  command.shipment_id = target.shipment();
  if (maybe()) command.status = static_cast<ShipmentStatus>(below(4));
  if (maybe()) command.status = ShipmentStatus::Lost;
  if (maybe()) command.resolution = static_cast<LossResolution>(below(3));
  if (maybe()) command.tracking_code = "t" + std::to_string(below(2));
  return command;
}

AdvanceSubOrder an_advance(const Target& target) {
  AdvanceSubOrder command =
      advance(target.vendor, target.order, static_cast<OrderStatus>(below(6)));
  command.shipment_id = a_shipment();
  command.warehouse_id = a_warehouse();
  return command;
}

ResolveReturn a_resolution(const Target& target) {
  return {target.order,
          target.vendor,
          target.find_return(),
          static_cast<ReturnStatus>(below(3)),
          maybe(),
          a_warehouse(),
          "",
          a_version()};
}

Command a_sub_order_command(const PartitionRunner& runner) {
  const int what = below(10);
  const Target target = a_target(runner, what < 5   ? is_open
                                         : what < 8 ? has_shipments
                                                    : has_returns);
  const auto& [vendor, order, state] = target;
  switch (what) {
    case 0:
      return CancelLines{order, vendor, target.lines(), "", a_role(), false, a_version()};
    case 1:
    case 2:
      return an_advance(target);
    case 3:
    case 4:
      return ShipLines{order, vendor, a_shipment(),  target.lines(),
                       "ups", "",     a_warehouse(), a_version()};
    case 5:
    case 6:
      return a_shipment_update(target);
    case 9:
      return NoteSubOrder{order, vendor, "n" + std::to_string(below(2)), a_version()};
    case 7:
      return RequestReturn{order, vendor, a_return(), target.lines(), "broken", a_version()};
    default:
      return a_resolution(target);
  }
}

// ---- vendors and their stock

CountStock a_count() {
  CountStock command = count(a_vendor(), a_product(), below(12));
  command.warehouse_id = a_warehouse();
  command.on_shortfall = static_cast<OnShortfall>(below(2));
  command.reorder_point = perhaps(4);
  command.safety_stock = perhaps(3);
  return command;
}

AdjustStock an_adjustment() {
  AdjustStock command;
  command.vendor_id = a_vendor();
  command.product_id = a_product();
  command.delta = below(9) - 4;
  command.warehouse_id = a_warehouse();
  command.on_shortfall = static_cast<OnShortfall>(below(2));
  command.safety_stock = perhaps(3);
  return command;
}

CustomerId a_customer() {
  return {"c" + std::to_string(below(2) * 8)};
}

Command a_registration() {
  const VendorId vendor = one_of<VendorId>({{"acme"}, {"dynamo"}});
  switch (below(5)) {
    case 0:
      return RegisterVendor{vendor, vendor.value, {}, {}};
    case 1:
      return ChangeVendor{vendor, a_version(), "n" + std::to_string(below(2)), {}, {}};
    case 2: {
      const ProductId product = one_of<ProductId>({{"chain"}, {"lamp"}});
      return ListProduct{vendor, product, details(product.value, 1000 + below(2))};
    }
    case 3:
      return RegisterCustomer{a_customer(), {"name"}, {}, {}};
    default:
      return ChangeCustomer{
          a_customer(), a_version(), Sealed{"n" + std::to_string(below(2))}, {}, {}};
  }
}

Command a_shop_command() {
  switch (below(10)) {
    case 0:
      return SuspendVendor{a_vendor(), a_version(), "late"};
    case 1:
    case 2:
      return ReinstateVendor{a_vendor(), a_version()};
    case 3:
      return DelistProduct{a_vendor(), a_product(), a_version()};
    case 4: {
      const ProductId product = a_product();
      return ReviseProduct{a_vendor(), product, a_version(),
                           details(product.value, 1000 + below(2))};
    }
    case 5:
      return EraseCustomer{a_customer(), a_version()};
    case 6:
      return an_adjustment();
    default:
      return a_count();
  }
}

Command a_command(const PartitionRunner& runner) {
  switch (below(8)) {
    case 7:
      return a_registration();
    case 0:
      return a_shop_command();
    case 1:
    case 2:
      return an_order_command();
    default:
      return a_sub_order_command(runner);
  }
}

}  // namespace

void open_shops(PartitionRunner& runner) {
  for (const char* vendor : {"acme", "bolt", "crank"}) {
    (void)runner.run(RegisterVendor{{vendor}, vendor, {}, {}});
    for (const char* product : {"chain", "pedal"}) {
      (void)runner.run(ListProduct{{vendor}, {product}, details(product, 1000)});
      (void)runner.run(count({vendor}, {product}, 6));
    }
  }
}

Command any_command(const PartitionRunner& runner) {
  return a_command(runner);
}

bool is_another_wish(const Command& command) {
  if (const auto* cancelled = std::get_if<CancelLines>(&command)) return !cancelled->lines.empty();
  if (const auto* adjusted = std::get_if<AdjustStock>(&command)) return adjusted->delta != 0;
  return std::holds_alternative<NoteSubOrder>(command);
}

void take_step(PartitionRunner& runner) {
  const int what = below(10);
  if (what == 0) {
    runner.pass(30);
  } else if (what < 5 && runner.size() > 1) {
    const int end = static_cast<int>(runner.size());
    runner.deliver(static_cast<std::size_t>(below(end)), static_cast<std::size_t>(below(end)));
  } else {
    (void)runner.run(a_command(runner));
  }
}

}  // namespace cassette::tests
