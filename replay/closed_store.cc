// The binary form of state, in and out of the marketplace.
#include "replay/closed_store.h"

#include "domain/sub_order.h"
#include "eventstore/binary_fields.h"

namespace cassette::replay {

using namespace domain;

namespace {

template <class T>
T read(std::string_view bytes) {
  T state;
  CHECK(eventstore::read_binary(bytes, state));  // as it was written in this process
  return state;
}

std::string key_of(const VendorId& vendor, const OrderId& order) {
  std::string key;
  key.reserve(vendor.value.size() + 1 + order.value.size());
  return key.append(vendor.value).append("/").append(order.value);
}

// Calls one of the two with what the event is about, or neither.
void sort_out(const Event& event, auto&& of_sub_order, auto&& of_order) {
  std::visit(
      [&]<class E>(const E& e) {
        if constexpr (IsSubOrderEvent<E>) {
          of_sub_order(e.vendor_id, e.order_id);
        } else if constexpr (requires { e.order_id; }) {
          of_order(e.order_id);
        }
      },
      event);
}

}  // namespace

void ClosedStore::unpack(const Event& event, Marketplace& marketplace) {
  OrderName name;
  sort_out(
      event,
      [&](const VendorId& vendor, const OrderId& id) {
        name = {&vendor, &id};
      },
      [&](const OrderId& id) {
        name = {nullptr, &id};
      });
  unpack(name, marketplace);
}

void ClosedStore::unpack(const OrderName& name, Marketplace& marketplace) {
  if (name.order == nullptr) return;
  const OrderId& id = *name.order;
  if (name.vendor != nullptr) {
    const VendorId& vendor = *name.vendor;
    if (marketplace.sub_order(vendor, id) != nullptr) return;
    const std::string key = key_of(vendor, id);
    const auto kept = sub_orders_.find(key);
    if (!kept) return;
    marketplace.load(vendor, id, read<SubOrder>(*kept));
    return sub_orders_.remove(key);
  }
  if (marketplace.order(id) != nullptr) return;
  const auto kept = orders_.find(id.value);
  if (!kept) return;
  marketplace.load(id, read<Order>(*kept));
  orders_.remove(id.value);
}

bool ClosedStore::closed(const Event& event, const Marketplace& marketplace) {
  bool is = false;
  sort_out(
      event,
      [&](const VendorId& vendor, const OrderId& id) {
        const SubOrder* mine = marketplace.sub_order(vendor, id);
        is = mine != nullptr && mine->closed();
      },
      [&](const OrderId& id) {
        const Order* mine = marketplace.order(id);
        is = mine != nullptr && mine->closed();
      });
  return is;
}

void ClosedStore::pack(const Event& event, Marketplace& marketplace) {
  sort_out(
      event,
      [&](const VendorId& vendor, const OrderId& id) {
        const SubOrder* mine = marketplace.sub_order(vendor, id);
        if (mine == nullptr || !mine->closed()) return;
        scratch_.clear();
        eventstore::write_binary(scratch_, *mine);
        sub_orders_.put(key_of(vendor, id), scratch_);
        marketplace.unload(vendor, id);
      },
      [&](const OrderId& id) {
        const Order* mine = marketplace.order(id);
        if (mine == nullptr || !mine->closed()) return;
        scratch_.clear();
        eventstore::write_binary(scratch_, *mine);
        orders_.put(id.value, scratch_);
        marketplace.unload(id);
      });
}

std::optional<SubOrder> ClosedStore::sub_order(const VendorId& vendor, const OrderId& id) const {
  const auto kept = sub_orders_.find(key_of(vendor, id));
  if (!kept) return std::nullopt;
  return read<SubOrder>(*kept);
}

void ClosedStore::for_each_order(
    const std::function<void(const OrderId&, const Order&)>& visit) const {
  orders_.for_each([&visit](std::string_view id, std::string_view bytes) {
    visit(OrderId{std::string(id)}, read<Order>(bytes));
  });
}

}  // namespace cassette::replay
