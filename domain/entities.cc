// Entities: names the aggregates that a command reads and an event changes.
#include <algorithm>
#include <functional>

#include "domain/marketplace.h"

namespace cassette::domain {
namespace {

using Keys = std::vector<EntityKey>;

EntityKey key_of(const VendorId& id) {
  return {EntityKind::Vendor, {}, id.value};
}
EntityKey key_of(const OrderId& id) {
  return {EntityKind::Order, {}, id.value};
}
EntityKey key_of(const CustomerId& id) {
  return {EntityKind::Customer, {}, id.value};
}
EntityKey product_key(const VendorId& vendor, const ProductId& id) {
  return {EntityKind::Product, vendor.value, id.value};
}
EntityKey stock_key(const VendorId& vendor, const ProductId& id) {
  return {EntityKind::Stock, vendor.value, id.value};
}
EntityKey sub_order_key(const VendorId& vendor, const OrderId& id) {
  return {EntityKind::SubOrder, vendor.value, id.value};
}

void add(Keys& keys, EntityKey key) {
  if (std::ranges::find(keys, key) == keys.end()) keys.push_back(std::move(key));
}

// What reserving the line reads.
void add_line(Keys& keys, const VendorId& vendor, const ProductId& product) {
  add(keys, key_of(vendor));
  add(keys, product_key(vendor, product));
  add(keys, stock_key(vendor, product));
}

template <class T>
concept OfVendor = kIsOneOf<T, RegisterVendor, ChangeVendor, SuspendVendor, ReinstateVendor,
                            VendorRegistered, VendorChanged, VendorSuspended, VendorReinstated>;
template <class T>
concept ReadsProduct = kIsOneOf<T, ListProduct, ReviseProduct, DelistProduct>;
template <class T>
concept ReadsStock = kIsOneOf<T, CountStock, AdjustStock>;
template <class T>
concept OfCustomer = kIsOneOf<T, RegisterCustomer, ChangeCustomer, EraseCustomer,
                              CustomerRegistered, CustomerChanged, CustomerErased>;
template <class T>
concept OfOrder =
    kIsOneOf<T, ConfirmOrder, CancelOrder, ChangeOrderAddress, ExpireReservation, RecordSubOrder,
             OrderPlaced, StockRequested, OrderSettled, OrderConfirmed, OrderCancelled,
             ReservationExpired, CancellationRequested, AddressChangeRequested, SubOrderRecorded>;
template <class T>
concept OfSubOrder =
    IsSubOrderEvent<T> || kIsOneOf<T, SettleReservation, ConfirmSubOrder, CancelLines,
                                   ChangeSubOrderAddress, AdvanceSubOrder, NoteSubOrder, ShipLines,
                                   UpdateShipment, RequestReturn, ResolveReturn>;
template <class T>
concept ChangesProduct = kIsOneOf<T, ProductListed, ProductRevised, ProductDelisted>;
template <class T>
concept ChangesStock = kIsOneOf<T, StockCounted, StockAdjusted, StockShortfallRecorded,
                                StockThresholdsSet, ReorderPointReached>;

struct KeysOf {
  Keys operator()(const OfVendor auto& it) const { return {key_of(it.vendor_id)}; }
  Keys operator()(const OfCustomer auto& it) const { return {key_of(it.customer_id)}; }
  Keys operator()(const OfOrder auto& it) const { return {key_of(it.order_id)}; }
  Keys operator()(const OfSubOrder auto& it) const {
    return {sub_order_key(it.vendor_id, it.order_id)};
  }
  Keys operator()(const ReadsProduct auto& it) const {
    return {key_of(it.vendor_id), product_key(it.vendor_id, it.product_id)};
  }
  Keys operator()(const ReadsStock auto& it) const {
    return {product_key(it.vendor_id, it.product_id), stock_key(it.vendor_id, it.product_id)};
  }
  Keys operator()(const ChangesProduct auto& it) const {
    return {product_key(it.vendor_id, it.product_id)};
  }
  Keys operator()(const ChangesStock auto& it) const {
    return {stock_key(it.vendor_id, it.product_id)};
  }
  Keys operator()(const LedgerCreated&) const { return {}; }
  Keys operator()(const PartitionClaimed&) const { return {}; }
  Keys operator()(const PlaceOrder& it) const {
    Keys keys{key_of(it.order_id), key_of(it.customer_id)};
    for (const OrderItem& item : it.items) add_line(keys, item.vendor_id, item.product_id);
    return keys;
  }
  Keys operator()(const ReserveStock& it) const {
    Keys keys{sub_order_key(it.vendor_id, it.order_id)};
    for (const PlacedLine& line : it.lines) add_line(keys, it.vendor_id, line.product_id);
    return keys;
  }
  Keys operator()(const StockReserved& it) const {
    Keys keys{sub_order_key(it.vendor_id, it.order_id)};
    for (const ReservedLine& line : it.lines) add(keys, stock_key(it.vendor_id, line.product_id));
    return keys;
  }
};

}  // namespace

std::size_t EntityKeyHash::operator()(const EntityKey& key) const noexcept {
  const std::hash<std::string> text;
  std::size_t hash = static_cast<std::size_t>(key.kind);
  hash = hash * 0x9e3779b97f4a7c15ULL + text(key.owner);
  return hash * 0x9e3779b97f4a7c15ULL + text(key.id);
}

std::vector<EntityKey> entities_of(const Command& command) {
  return std::visit(KeysOf{}, command);
}

std::vector<EntityKey> entities_of(const Event& event) {
  return std::visit(KeysOf{}, event);
}

OrderName order_named_by(const Command& command) {
  return std::visit(
      []<class C>(const C& it) -> OrderName {
        if constexpr (OfSubOrder<C> || std::is_same_v<C, ReserveStock>) {
          return {&it.vendor_id, &it.order_id};
        } else if constexpr (OfOrder<C> || std::is_same_v<C, PlaceOrder>) {
          return {nullptr, &it.order_id};
        } else {
          return {};
        }
      },
      command);
}

std::vector<EntityKey> Marketplace::touched_by(const Event& event) const {
  Keys keys = entities_of(event);
  const auto add_stock = [this, &keys]<class E>(const E& change) {
    if constexpr (MovesStock<E>) {
      const SubOrder* mine = sub_order(change.vendor_id, change.order_id);
      if (!mine) return;
      for (const SubOrderLine& line : mine->lines) {
        add(keys, stock_key(change.vendor_id, line.product_id));
      }
    }
  };
  std::visit(add_stock, event);
  return keys;
}

}  // namespace cassette::domain
