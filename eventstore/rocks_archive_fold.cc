// One fold in memory: what is read before an event, and what is written after the last.
#include "eventstore/rocks_archive_fold.h"

#include "eventstore/archive.h"
#include "eventstore/binary_fields.h"

namespace cassette::eventstore {
namespace {

using domain::EntityKey;
using domain::EntityKind;

Stored<std::optional<KeptOrder>> find_in(const RocksFamilies& families, Family open, Family closed,
                                         std::string_view key) {
  // The open family first: closing moves an order to the other in one write, so a reader beside
  // the fold finds it in one of them.
  for (const Family family : {open, closed}) {
    Stored<std::optional<std::string>> found = families.get(family, key);
    if (!found) return Failure{std::move(found).error()};
    if (!found.value()) continue;
    return std::optional<KeptOrder>({std::move(*found.value()), family == closed});
  }
  return std::optional<KeptOrder>();
}

std::string key_of(const EntityKey& key) {
  return key.owner.empty() ? key.id : pair_key(key.owner, key.id);
}

Family family_of(EntityKind kind, bool closed) {
  switch (kind) {
    case EntityKind::Vendor:
      return Family::Vendors;
    case EntityKind::Product:
      return Family::Products;
    case EntityKind::Stock:
      return Family::Stock;
    case EntityKind::Customer:
      return Family::Customers;
    case EntityKind::Order:
      return closed ? Family::ClosedOrders : Family::OpenOrders;
    case EntityKind::SubOrder:
      return closed ? Family::ClosedSubOrders : Family::OpenSubOrders;
  }
  CHECK(false);
}

// Reads a `T` from what was kept of it and gives it to `place`.
template <class T>
bool with(std::string_view bytes, auto&& place) {
  T state;
  if (!read_binary(bytes, state)) return false;
  place(std::move(state));
  return true;
}

template <class T>
std::string bytes_of(const T* state) {
  std::string bytes;
  if (state != nullptr && state->exists()) write_binary(bytes, *state);
  return bytes;
}

// What the marketplace now holds of an aggregate; empty bytes when there is none.
KeptOrder state_of(const domain::Marketplace& marketplace, const EntityKey& key) {
  const domain::VendorId owner{key.owner};
  switch (key.kind) {
    case EntityKind::Vendor:
      return {bytes_of(marketplace.vendor({key.id})), false};
    case EntityKind::Product:
      return {bytes_of(marketplace.product(owner, {key.id})), false};
    case EntityKind::Stock:
      return {bytes_of(marketplace.stock(owner, {key.id})), false};
    case EntityKind::Customer:
      return {bytes_of(marketplace.customer({key.id})), false};
    case EntityKind::Order: {
      const domain::Order* order = marketplace.order({key.id});
      return {bytes_of(order), order != nullptr && order->closed()};
    }
    case EntityKind::SubOrder: {
      const domain::SubOrder* sub_order = marketplace.sub_order(owner, {key.id});
      return {bytes_of(sub_order), sub_order != nullptr && sub_order->closed()};
    }
  }
  CHECK(false);
}

// The aggregate that `event` makes, which need not be looked for. Only of the frequent events: each
// spares the two lookups of an order.
std::optional<EntityKey> made_by(const domain::Event& event) {
  if (const auto* placed = std::get_if<domain::OrderPlaced>(&event)) {
    return EntityKey{EntityKind::Order, "", placed->order_id.value};
  }
  if (const auto* reserved = std::get_if<domain::StockReserved>(&event)) {
    return EntityKey{EntityKind::SubOrder, reserved->vendor_id.value, reserved->order_id.value};
  }
  if (const auto* refused = std::get_if<domain::ReservationRefused>(&event)) {
    return EntityKey{EntityKind::SubOrder, refused->vendor_id.value, refused->order_id.value};
  }
  return std::nullopt;
}

}  // namespace

Stored<std::optional<KeptOrder>> find_order(const RocksFamilies& families, std::string_view key) {
  return find_in(families, Family::OpenOrders, Family::ClosedOrders, key);
}

Stored<std::optional<KeptOrder>> find_sub_order(const RocksFamilies& families,
                                                std::string_view key) {
  return find_in(families, Family::OpenSubOrders, Family::ClosedSubOrders, key);
}

std::string pair_key(std::string_view vendor, std::string_view id) {
  std::string key;
  key.reserve(vendor.size() + 1 + id.size());
  return key.append(vendor).append(1, '/').append(id);
}

Stored<Done> RocksArchiveFold::fold(const StoredCommit& commit) {
  for (const RecordedEvent& recorded : commit.commit.events) {
    const Stored<Done> folded = fold(recorded.event);
    if (!folded) return folded;
  }
  for (const CommandRecord& command : commit.commit.commands) {
    if (command.id.empty()) continue;
    std::string bytes;
    write_binary(bytes, RememberedCommand{command.digest, command.status, commit.position,
                                          commit.commit.at});
    commands_[command.id] = std::move(bytes);
  }
  return Done{};
}

Stored<Done> RocksArchiveFold::fold(const domain::Event& event) {
  if (const std::optional<EntityKey> made = made_by(event)) kept_.try_emplace(*made);
  for (const EntityKey& key : domain::entities_of(event)) {
    const Stored<Done> fetched = fetch(key);
    if (!fetched) return fetched;
  }
  const Stored<Done> fetched = std::visit(
      [this](const auto& e) -> Stored<Done> {
        using E = std::decay_t<decltype(e)>;
        // Such events name lines; the products are those of the sub-order.
        if constexpr (domain::MovesStock<E>) return fetch_stock_of(e.vendor_id, e.order_id);
        return Done{};
      },
      event);
  if (!fetched) return fetched;
  marketplace_.evolve(event);
  return Done{};
}

Stored<Done> RocksArchiveFold::fetch(const EntityKey& key) {
  const auto [at, is_new] = kept_.try_emplace(key);
  if (!is_new) return Done{};
  Stored<Kept> found = find(key);
  if (!found) return Failure{std::move(found).error()};
  at->second = std::move(found).value();
  if (at->second.bytes.empty() || put_in_place(key, at->second.bytes)) return Done{};
  return families_.corrupt("can't read " + key_of(key));
}

Stored<Done> RocksArchiveFold::fetch_stock_of(const domain::VendorId& vendor,
                                              const domain::OrderId& order) {
  const domain::SubOrder* sub_order = marketplace_.sub_order(vendor, order);
  if (sub_order == nullptr) return Done{};
  for (const domain::SubOrderLine& line : sub_order->lines) {
    const Stored<Done> fetched = fetch({EntityKind::Stock, vendor.value, line.product_id.value});
    if (!fetched) return fetched;
  }
  return Done{};
}

Stored<RocksArchiveFold::Kept> RocksArchiveFold::find(const EntityKey& key) const {
  const std::string name = key_of(key);
  if (key.kind == EntityKind::Order || key.kind == EntityKind::SubOrder) {
    Stored<std::optional<KeptOrder>> found = key.kind == EntityKind::Order
                                                 ? find_order(families_, name)
                                                 : find_sub_order(families_, name);
    if (!found) return Failure{std::move(found).error()};
    if (!found.value()) return Kept{};
    return Kept{std::move(found.value()->bytes), found.value()->closed};
  }
  Stored<std::optional<std::string>> found = families_.get(family_of(key.kind, false), name);
  if (!found) return Failure{std::move(found).error()};
  return Kept{std::move(found).value().value_or(""), false};
}

bool RocksArchiveFold::put_in_place(const EntityKey& key, std::string_view bytes) {
  const auto load = [this](auto&&... what) { marketplace_.load(what...); };
  const domain::VendorId owner{key.owner};
  switch (key.kind) {
    case EntityKind::Vendor:
      return with<domain::Vendor>(
          bytes, [&](domain::Vendor state) { load(domain::VendorId{key.id}, std::move(state)); });
    case EntityKind::Product:
      return with<domain::Product>(bytes, [&](domain::Product state) {
        load(owner, domain::ProductId{key.id}, std::move(state));
      });
    case EntityKind::Stock:
      return with<domain::StockItem>(bytes, [&](domain::StockItem state) {
        load(owner, domain::ProductId{key.id}, std::move(state));
      });
    case EntityKind::Customer:
      return with<domain::Customer>(bytes, [&](domain::Customer state) {
        load(domain::CustomerId{key.id}, std::move(state));
      });
    case EntityKind::Order:
      return with<domain::Order>(
          bytes, [&](domain::Order state) { load(domain::OrderId{key.id}, std::move(state)); });
    case EntityKind::SubOrder:
      return with<domain::SubOrder>(bytes, [&](domain::SubOrder state) {
        load(owner, domain::OrderId{key.id}, std::move(state));
      });
  }
  CHECK(false);
}

void RocksArchiveFold::write_to(rocksdb::WriteBatch& batch) {
  for (const auto& [key, kept] : kept_) write(key, kept, batch);
  for (const auto& [id, bytes] : commands_) families_.put(batch, Family::Commands, id, bytes);
}

void RocksArchiveFold::write(const EntityKey& key, const Kept& kept, rocksdb::WriteBatch& batch) {
  const KeptOrder now = state_of(marketplace_, key);
  if (now.bytes == kept.bytes) return;
  CHECK(!now.bytes.empty());
  const std::string name = key_of(key);
  families_.put(batch, family_of(key.kind, now.closed), name, now.bytes);
  if (!kept.bytes.empty() && kept.closed != now.closed) {
    families_.remove(batch, family_of(key.kind, kept.closed), name);
  }
}

}  // namespace cassette::eventstore
