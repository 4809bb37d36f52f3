// Marketplace: gives each command the aggregates that its decision needs.
// The rules that span aggregates are here; those of one aggregate are beside it.
#include <algorithm>

#include "domain/marketplace.h"
#include "domain/preconditions.h"

namespace cassette::domain {
namespace {

// Stands for every aggregate that has no event yet.
template <class T>
const T& or_none(const T* state) {
  static const T kNone;
  return state ? *state : kNone;
}

}  // namespace

struct Marketplace::Decide {
  const Marketplace& all;
  const Context& context;

  template <class C>
  requires kIsOneOf<C, RegisterVendor, ChangeVendor, SuspendVendor, ReinstateVendor> Decision
  operator()(const C& command) const {
    return domain::decide(or_none(all.vendor(command.vendor_id)), command);
  }

  template <class C>
  requires kIsOneOf<C, ListProduct, ReviseProduct> Decision operator()(const C& command) const {
    if (!all.vendor(command.vendor_id)) {
      return Failure{NotFound{"vendor", command.vendor_id.value}};
    }
    return domain::decide(all.product(command.vendor_id, command.product_id).value_or(Product{}),
                          all.sku_holder(command.vendor_id, command.details.sku), command);
  }

  Decision operator()(const DelistProduct& command) const {
    return domain::decide(all.product(command.vendor_id, command.product_id).value_or(Product{}),
                          command);
  }

  Decision operator()(const CountStock& command) const { return all.count(command); }
  Decision operator()(const AdjustStock& command) const { return all.adjust(command); }

  template <class C>
  requires kIsOneOf<C, RegisterCustomer, ChangeCustomer, EraseCustomer> Decision
  operator()(const C& command) const {
    return domain::decide(or_none(all.customer(command.customer_id)), command);
  }

  Decision operator()(PlaceOrder& command) const { return all.place(std::move(command), context); }

  template <class C>
  requires kIsOneOf<C, ConfirmOrder, ExpireReservation> Decision
  operator()(const C& command) const {
    return domain::decide(or_none(all.order(command.order_id)), command, context.now);
  }

  template <class C>
  requires kIsOneOf<C, CancelOrder, ChangeOrderAddress> Decision
  operator()(const C& command) const {
    return domain::decide(or_none(all.order(command.order_id)), command);
  }
  Decision operator()(RecordSubOrder& command) const {
    const Order& order = or_none(all.order(command.order_id));
    return domain::decide(order, std::move(command));
  }

  Decision operator()(ReserveStock& command) const { return all.reserve(std::move(command)); }

  template <class C>
  requires kIsOneOf<C, SettleReservation, ConfirmSubOrder, CancelLines, ChangeSubOrderAddress,
                    AdvanceSubOrder, NoteSubOrder, ShipLines, RequestReturn>
      Decision operator()(const C& command) const {
    return domain::decide(or_none(all.sub_order(command.vendor_id, command.order_id)), command);
  }

  Decision operator()(const UpdateShipment& command) const { return all.update_shipment(command); }
  Decision operator()(const ResolveReturn& command) const { return all.resolve_return(command); }
};

// What the large commands hold moves into their events.
Decision Marketplace::decide(Command&& command, const Context& context) const {
  Decision decision = std::visit(Decide{*this, context}, command);
  if (decision) add_crossings(decision.value());
  return decision;
}

// ---- orders

Decision Marketplace::place(PlaceOrder command, const Context& context) const {
  const Order& before = or_none(order(command.order_id));
  Decision decision = domain::decide(before, std::move(command), context.now, context.policy);
  if (!decision) return decision;
  const auto* placed = std::get_if<OrderPlaced>(&decision.value().front());
  CHECK(placed != nullptr);
  if (or_none(customer(placed->customer_id)).erased()) {
    return Failure{CustomerIsErased{placed->customer_id}};
  }
  if (auto refusal = refused_at_once(*placed)) return Failure{*std::move(refusal)};
  return decision;
}

// What the vendors would answer, as far as they live here: nothing is recorded then.
std::optional<Rejection> Marketplace::refused_at_once(const OrderPlaced& placed) const {
  const std::vector<VendorId> vendors = vendors_of(placed);
  Currency currency;
  InsufficientStock shortage;
  std::size_t short_vendors = 0;
  for (const VendorId& id : vendors) {
    if (!is_local_(id.value)) return std::nullopt;
    const ReserveStock ask = terms_of(placed, id, currency);
    const std::vector<Offer> offers = offers_for(ask);
    auto refusal = refusal_of(vendor(id), offers, ask);
    if (!refusal) {
      if (currency.empty()) {
        currency = price_of(ask.lines.front(), offers.front()).currency;
      }
      continue;
    }
    const auto* here = std::get_if<InsufficientStock>(&*refusal);
    if (!here || placed.on_shortage == OnShortage::Reject) return refusal;
    ++short_vendors;
    shortage.lines.insert(shortage.lines.end(), here->lines.begin(), here->lines.end());
    shortage.retryable = shortage.retryable || here->retryable;
  }
  if (short_vendors < vendors.size()) return std::nullopt;
  return shortage;
}

std::vector<Offer> Marketplace::offers_for(const ReserveStock& command) const {
  std::vector<Offer> offers;
  offers.reserve(command.lines.size());
  const Shop* at = shops_.find(command.vendor_id);
  for (const PlacedLine& line : command.lines) {
    const Listing* listing = at ? at->listings.find(line.product_id) : nullptr;
    offers.push_back(listing ? listing->offer() : Offer{});
  }
  return offers;
}

Decision Marketplace::reserve(ReserveStock command) const {
  if (sub_order(command.vendor_id, command.order_id)) return Events{};
  const Vendor* seller = vendor(command.vendor_id);
  const std::vector<Offer> offers = offers_for(command);
  SubOrderEvent answer = domain::decide(seller, offers, std::move(command));
  return std::visit([](auto&& event) { return events_of(std::move(event)); }, std::move(answer));
}

// ---- stock

Decision Marketplace::count(const CountStock& command) const {
  const Listing* listing = find_listing(command.vendor_id, command.product_id);
  if (!listing || !listing->has_product()) {
    return Failure{NotFound{"product", command.product_id.value}};
  }
  const StockItem item = listing->stock();
  return name_orders_in_the_way(domain::decide(item, command), command.vendor_id,
                                command.product_id);
}

Decision Marketplace::adjust(const AdjustStock& command) const {
  const Listing* listing = find_listing(command.vendor_id, command.product_id);
  if (!listing || !listing->has_product()) {
    return Failure{NotFound{"product", command.product_id.value}};
  }
  const StockItem item = listing->stock();
  return name_orders_in_the_way(domain::decide(item, command), command.vendor_id,
                                command.product_id);
}

Decision Marketplace::name_orders_in_the_way(Decision decision, const VendorId& vendor,
                                             const ProductId& product) const {
  if (decision) return decision;
  if (auto* below = std::get_if<BelowReserved>(&decision.error())) {
    below->orders = holders_of(vendor, product);
  }
  return decision;
}

std::vector<OrderId> Marketplace::holders_of(const VendorId& vendor,
                                             const ProductId& product) const {
  const Shop* at = shops_.find(vendor);
  if (!at) return {};
  std::set<OrderId> first;  // by id, so that the answer is the same wherever it is decided
  for (const auto& [id, kept] : at->sub_orders) {
    if (!kept.state.holds(product)) continue;
    first.insert(id);
    if (first.size() > kMaxOrdersInTheWay) first.erase(std::prev(first.end()));
  }
  return {first.begin(), first.end()};
}

// ---- shipments and returns

Decision Marketplace::update_shipment(const UpdateShipment& command) const {
  const SubOrder& mine = or_none(sub_order(command.vendor_id, command.order_id));
  const Shipment* shipment = mine.shipment(command.shipment_id);
  std::vector<StockItem> items;
  if (shipment) {
    for (const LineQuantity& each : shipment->lines) {
      const ProductId& product = mine.line(each.line_id)->product_id;
      items.push_back(stock(command.vendor_id, product).value_or(StockItem{}));
    }
  }
  return domain::decide(mine, items, command);
}

Decision Marketplace::resolve_return(const ResolveReturn& command) const {
  const SubOrder& mine = or_none(sub_order(command.vendor_id, command.order_id));
  Decision decision = domain::decide(mine, command);
  if (!decision || decision.value().empty() || !command.restock) return decision;
  for (const LineQuantity& each : mine.find_return(command.return_id)->lines) {
    const auto item = stock(command.vendor_id, mine.line(each.line_id)->product_id);
    CHECK(item);
    if (has_room_for(*item, command.warehouse_id)) continue;
    return Failure{InvalidCommand{"warehouseId", "the item is kept in too many warehouses"}};
  }
  return decision;
}

// ---- reorder points

namespace {

// Copies of the stock items that a decision's events touch, as they will be after them.
class Touched {
 public:
  explicit Touched(const Marketplace& all) : all_(all) {}

  StockItem& item(const VendorId& vendor, const ProductId& product) {
    for (Copy& copy : copies_) {
      if (copy.product == product && copy.vendor == vendor) return copy.after;
    }
    const StockItem before = all_.stock(vendor, product).value_or(StockItem{});
    return copies_.emplace_back(Copy{vendor, product, before, before}).after;
  }

  void append_crossings(Events& events) const {
    for (const Copy& copy : copies_) {
      auto crossing = reorder_crossing(copy.before, copy.after, copy.vendor, copy.product);
      if (crossing) events.emplace_back(*std::move(crossing));
    }
  }

 private:
  struct Copy {
    VendorId vendor;
    ProductId product;
    StockItem before;
    StockItem after;
  };

  const Marketplace& all_;
  std::vector<Copy> copies_;
};

template <class E>
concept LowersStock = kIsOneOf<E, StockCounted, StockAdjusted, StockThresholdsSet>;
// Releases, shipments and restocking never lower what is available.
template <class E>
concept LowersByOrder = kIsOneOf<E, StockReserved, LostShipmentReplaced>;

}  // namespace

// Whether the event may take an item that has a reorder point to it: most have none.
bool Marketplace::may_cross(const Event& event) const {
  const auto* reserved = std::get_if<StockReserved>(&event);
  if (!reserved) return true;
  return std::ranges::any_of(reserved->lines, [&](const ReservedLine& line) {
    const Listing* listing = find_listing(reserved->vendor_id, line.product_id);
    return !listing || listing->reorder_point() > 0;
  });
}

void Marketplace::add_crossings(Events& events) const {
  const auto lowers = [](const Event& event) {
    return std::visit([]<class E>(const E&) { return LowersStock<E> || LowersByOrder<E>; }, event);
  };
  const auto crosses = [&](const Event& event) { return lowers(event) && may_cross(event); };
  if (std::ranges::none_of(events, crosses)) return;
  Touched touched{*this};
  const auto apply = [this, &touched]<class E>(const E& event) {
    if constexpr (LowersStock<E>) {
      domain::evolve(touched.item(event.vendor_id, event.product_id), event);
    } else if constexpr (LowersByOrder<E>) {
      const SubOrder& before = or_none(sub_order(event.vendor_id, event.order_id));
      apply_to_stock(before, event, [&](const ProductId& product) -> StockItem& {
        return touched.item(event.vendor_id, product);
      });
    }
  };
  for (const Event& event : events) std::visit(apply, event);
  touched.append_crossings(events);
}

}  // namespace cassette::domain
