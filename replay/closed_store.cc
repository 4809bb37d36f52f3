// The binary form of state, in and out of the marketplace.
#include "replay/closed_store.h"

#include "domain/sub_order.h"
#include "eventstore/binary_fields.h"

namespace cassette::replay {

using namespace domain;

namespace {

template <class T>
T read(const std::string& bytes) {
  T state;
  CHECK(eventstore::read_binary(bytes, state));  // as it was written in this process
  return state;
}

std::string written(const auto& state) {
  std::string bytes;
  eventstore::write_binary(bytes, state);
  bytes.shrink_to_fit();
  return bytes;
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
    const auto kept = sub_orders_.at(vendor).second.extract(id);
    if (kept) marketplace.load(vendor, id, read<SubOrder>(kept.mapped()));
    return;
  }
  if (orders_.empty() || marketplace.order(id) != nullptr) return;
  const auto kept = orders_.extract(id);
  if (kept) marketplace.load(id, read<Order>(kept.mapped()));
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
        sub_orders_.at(vendor).second[id] = written(*mine);
        marketplace.unload(vendor, id);
      },
      [&](const OrderId& id) {
        const Order* mine = marketplace.order(id);
        if (mine == nullptr || !mine->closed()) return;
        orders_[id] = written(*mine);
        marketplace.unload(id);
      });
}

std::optional<SubOrder> ClosedStore::sub_order(const VendorId& vendor, const OrderId& id) const {
  const auto* const of_vendor = sub_orders_.find(vendor);
  if (of_vendor == nullptr) return std::nullopt;
  const auto kept = of_vendor->find(id);
  if (kept == of_vendor->end()) return std::nullopt;
  return read<SubOrder>(kept->second);
}

void ClosedStore::for_each_order(
    const std::function<void(const OrderId&, const Order&)>& visit) const {
  for (const auto& [id, bytes] : orders_) visit(id, read<Order>(bytes));
}

}  // namespace cassette::replay
