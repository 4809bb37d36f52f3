// Marketplace: the state of one partition, all its aggregates, and the rules that span them.
// It gathers what a command needs and hands it to the aggregates' own decide and evolve. It is not
// thread-safe; the engine, a verifier or a test owns one each.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/commands.h"
#include "domain/entity_map.h"
#include "domain/events.h"
#include "domain/listing.h"

namespace cassette::domain {

// What a decision may know besides the state: the commit's time and the marketplace's settings.
struct Context {
  Timestamp now;
  Policy policy;
};

// Names one aggregate. `owner` is the vendor of a product, stock item or sub-order, else empty.
enum class EntityKind { Vendor, Product, Stock, SubOrder, Order, Customer };

struct EntityKey {
  EntityKind kind = EntityKind::Vendor;
  std::string owner;
  std::string id;

  auto operator<=>(const EntityKey&) const = default;
};

struct EntityKeyHash {
  std::size_t operator()(const EntityKey& key) const noexcept;
};

// The aggregates whose state a command's decision reads, or an event's evolution changes; each
// once. Of stock items those that the command or event names by itself: what a sub-order's lines
// add is known to `Marketplace::touched_by`.
std::vector<EntityKey> entities_of(const Command& command);
std::vector<EntityKey> entities_of(const Event& event);
// The order or sub-order among them, which may have to be fetched, since it leaves memory: null
// where there is none, and `vendor` null for an order. Valid as long as the command is.
struct OrderName {
  const VendorId* vendor = nullptr;
  const OrderId* order = nullptr;
};
OrderName order_named_by(const Command& command);

// Orders that a refused count names at most.
inline constexpr std::size_t kMaxOrdersInTheWay = 20;

class Marketplace {
 public:
  // Tells whether an id's partition is this one. Everything is, by default.
  using IsLocal = std::function<bool(std::string_view id)>;

  Marketplace();
  explicit Marketplace(IsLocal is_local);

  // Decides on the state as it is; changes nothing. A PlaceOrder is refused for a shortage at once
  // when the vendors before it, in the order of ids, all live here.
  Decision decide(Command&& command, const Context& context) const;
  Decision decide(const Command& command, const Context& context) const {
    return decide(Command(command), context);
  }

  // Folds one event. CHECK-fails when the event contradicts the state: it was never decided on it.
  void evolve(const Event& event);

  // The aggregates that folding the event may change, the stock items of its sub-order's lines
  // included. The sub-order has to be in memory; ask before or after folding the event.
  std::vector<EntityKey> touched_by(const Event& event) const;

  // Nothing when the aggregate never was, or was unloaded.
  const Vendor* vendor(const VendorId& id) const;
  std::optional<Product> product(const VendorId& vendor, const ProductId& id) const;
  std::optional<StockItem> stock(const VendorId& vendor, const ProductId& id) const;
  const SubOrder* sub_order(const VendorId& vendor, const OrderId& id) const;
  const Order* order(const OrderId& id) const;
  const Customer* customer(const CustomerId& id) const;
  // The vendor's listed product with this SKU; empty when none has it.
  ProductId sku_holder(const VendorId& vendor, std::string_view sku) const;

  // Puts an aggregate's state in place, as an archive kept it.
  void load(const VendorId& id, Vendor state);
  void load(const VendorId& vendor, const ProductId& id, Product state);
  void load(const VendorId& vendor, const ProductId& id, StockItem state);
  void load(const VendorId& vendor, const OrderId& id, SubOrder state);
  void load(const OrderId& id, Order state);
  void load(const CustomerId& id, Customer state);
  // Forgets an order or sub-order that is closed; others CHECK-fail, and so do all once there are
  // epochs.
  void unload(const VendorId& vendor, const OrderId& id);
  void unload(const OrderId& id);

  // Orders and sub-orders that are loaded or evolved from here on are of `epoch`, which never
  // falls. In epoch 0, where a marketplace begins, they stay until they are unloaded.
  void begin_epoch(std::uint64_t epoch) { epoch_ = epoch; }
  // Forgets those at rest that nothing loaded or evolved after `epoch`, for whoever has them kept
  // elsewhere. Their deadlines stay.
  void forget(std::uint64_t epoch);
  // How many wait to be forgotten; one that came again in a later epoch counts again.
  std::size_t waiting() const { return waiting_.size(); }

  // The earliest deadline of an unconfirmed order; nothing when there is none.
  struct Deadline {
    Timestamp at;
    OrderId order_id;

    auto operator<=>(const Deadline&) const = default;
  };
  std::optional<Deadline> next_deadline() const;

  // Orders in memory that the vendor owes units of the product, at most kMaxOrdersInTheWay, the
  // first by id.
  std::vector<OrderId> holders_of(const VendorId& vendor, const ProductId& product) const;

  // Visits every aggregate of a kind, in no order: `visit(key…, state)`.
  void for_each_stock(
      const std::function<void(const VendorId&, const ProductId&, const StockItem&)>& visit) const;
  void for_each_sub_order(
      const std::function<void(const VendorId&, const OrderId&, const SubOrder&)>& visit) const;
  void for_each_order(const std::function<void(const OrderId&, const Order&)>& visit) const;

 private:
  // An order or sub-order, and the epoch in which it was last loaded or evolved.
  template <class T>
  struct Kept {
    T state;
    std::uint64_t epoch = 0;
  };
  struct Shop {
    Vendor vendor;
    Listings listings;
    EntityMap<OrderId, Kept<SubOrder>> sub_orders;
  };
  struct Waiting {
    std::uint64_t epoch = 0;
    Shop* shop = nullptr;         // of a sub-order; null for an order
    const OrderId* id = nullptr;  // the key in its map, which stays where it is
  };

  struct Decide;  // one overload a command
  struct Evolve;  // one overload a group of events

  Decision place(PlaceOrder command, const Context& context) const;
  std::optional<Rejection> refused_at_once(const OrderPlaced& placed) const;
  std::vector<Offer> offers_for(const ReserveStock& command) const;
  Decision reserve(ReserveStock command) const;
  Decision count(const CountStock& command) const;
  Decision adjust(const AdjustStock& command) const;
  Decision update_shipment(const UpdateShipment& command) const;
  Decision resolve_return(const ResolveReturn& command) const;
  Decision name_orders_in_the_way(Decision decision, const VendorId& vendor,
                                  const ProductId& product) const;
  void add_crossings(Events& events) const;
  bool may_cross(const Event& event) const;
  Shop& shop(const VendorId& id) { return shops_.at(id).second; }
  const Listing* find_listing(const VendorId& vendor, const ProductId& id) const;
  // The state of what is about to be loaded or evolved.
  SubOrder& touch(Shop& shop, const OrderId& id);
  Order& touch(const OrderId& id);
  void schedule(const OrderId& id, const Order& order);
  void unschedule(const OrderId& id, const Order& order);

  IsLocal is_local_;
  EntityMap<VendorId, Shop> shops_;
  EntityMap<OrderId, Kept<Order>> orders_;
  EntityMap<CustomerId, Customer> customers_;
  std::set<Deadline> deadlines_;
  std::uint64_t epoch_ = 0;
  std::deque<Waiting> waiting_;  // in the order of epochs
};

}  // namespace cassette::domain
