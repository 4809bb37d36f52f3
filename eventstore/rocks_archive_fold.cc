// One fold in memory: what is read before an event, and what is written after the last.
#include "eventstore/rocks_archive_fold.h"

#include <algorithm>

#include "eventstore/archive.h"
#include "eventstore/binary_fields.h"

namespace cassette::eventstore {
namespace {

using domain::EntityKey;
using domain::EntityKind;

std::string key_of(const EntityKey& key) {
  return key.owner.empty() ? key.id : pair_key(key.owner, key.id);
}

Family family_of(EntityKind kind) {
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
      return Family::Orders;
    case EntityKind::SubOrder:
      return Family::SubOrders;
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

// `state` is a pointer or an optional.
std::string bytes_of(const auto& state) {
  std::string bytes;
  if (state && state->exists()) write_binary(bytes, *state);
  return bytes;
}

// Each product of which units are owed, once; a refused sub-order has no lines.
std::vector<domain::ProductId> held_by(const domain::SubOrder& sub_order) {
  std::vector<domain::ProductId> held;
  for (const domain::SubOrderLine& line : sub_order.lines) {
    const bool known = std::ranges::find(held, line.product_id) != held.end();
    if (!known && line.open() > 0) held.push_back(line.product_id);
  }
  return held;
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

// A memtable is searched from where the last entry went, so neighbours cost little.
template <class Map>
std::vector<const typename Map::value_type*> sorted(const Map& map) {
  std::vector<const typename Map::value_type*> all;
  all.reserve(map.size());
  for (const auto& each : map) all.push_back(&each);
  std::ranges::sort(
      all, {}, [](const auto* each) -> const auto& { return each->first; });
  return all;
}

}  // namespace

std::string pair_key(std::string_view vendor, std::string_view id) {
  std::string key;
  key.reserve(vendor.size() + 1 + id.size());
  return key.append(vendor).append(1, '/').append(id);
}

std::string holder_key(const domain::VendorId& vendor, const domain::ProductId& product,
                       const domain::OrderId& order) {
  return pair_key(pair_key(vendor.value, product.value), order.value);
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
  Stored<std::optional<std::string>> found = families_.get(family_of(key.kind), key_of(key));
  if (!found) return Failure{std::move(found).error()};
  if (!found.value()) return Done{};
  at->second.bytes = *std::move(found).value();
  if (put_in_place(key, at->second)) return Done{};
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

bool RocksArchiveFold::put_in_place(const EntityKey& key, Kept& kept) {
  const std::string_view bytes = kept.bytes;
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
      return with<domain::Order>(bytes, [&](domain::Order state) {
        kept.awake = state.awake();
        load(domain::OrderId{key.id}, std::move(state));
      });
    case EntityKind::SubOrder:
      return with<domain::SubOrder>(bytes, [&](domain::SubOrder state) {
        kept.awake = state.awake();
        kept.held = held_by(state);
        load(owner, domain::OrderId{key.id}, std::move(state));
      });
  }
  CHECK(false);
}

void RocksArchiveFold::write_to(rocksdb::WriteBatch& batch) {
  for (const auto* each : sorted(kept_)) write(each->first, each->second, batch);
  for (const auto* each : sorted(commands_)) {
    families_.put(batch, Family::Commands, each->first, each->second);
  }
}

// What the marketplace now holds of an aggregate.
RocksArchiveFold::Kept RocksArchiveFold::state_of(const EntityKey& key) const {
  const domain::VendorId owner{key.owner};
  switch (key.kind) {
    case EntityKind::Vendor:
      return {bytes_of(marketplace_.vendor({key.id})), false, {}};
    case EntityKind::Product:
      return {bytes_of(marketplace_.product(owner, {key.id})), false, {}};
    case EntityKind::Stock:
      return {bytes_of(marketplace_.stock(owner, {key.id})), false, {}};
    case EntityKind::Customer:
      return {bytes_of(marketplace_.customer({key.id})), false, {}};
    case EntityKind::Order: {
      const domain::Order* order = marketplace_.order({key.id});
      return {bytes_of(order), order != nullptr && order->awake(), {}};
    }
    case EntityKind::SubOrder: {
      const domain::SubOrder* sub_order = marketplace_.sub_order(owner, {key.id});
      if (sub_order == nullptr) return {};
      return {bytes_of(sub_order), sub_order->awake(), held_by(*sub_order)};
    }
  }
  CHECK(false);
}

void RocksArchiveFold::write(const EntityKey& key, const Kept& kept, rocksdb::WriteBatch& batch) {
  const Kept now = state_of(key);
  if (now.bytes == kept.bytes) return;
  CHECK(!now.bytes.empty());
  families_.put(batch, family_of(key.kind), key_of(key), now.bytes);
  if (key.kind == EntityKind::Order || key.kind == EntityKind::SubOrder) {
    write_order(key, kept, now, batch);
  }
}

// The lists of what is awake, and of who holds what.
void RocksArchiveFold::write_order(const EntityKey& key, const Kept& before, const Kept& now,
                                   rocksdb::WriteBatch& batch) {
  const Family awake = key.kind == EntityKind::Order ? Family::AwakeOrders : Family::AwakeSubOrders;
  if (now.awake && !before.awake) families_.put(batch, awake, key_of(key), "");
  if (!now.awake && before.awake) families_.remove(batch, awake, key_of(key));
  const auto name = [&key](const domain::ProductId& product) {
    return holder_key({key.owner}, product, {key.id});
  };
  for (const domain::ProductId& product : now.held) {
    const bool held = std::ranges::find(before.held, product) != before.held.end();
    if (!held) families_.put(batch, Family::Holders, name(product), "");
  }
  for (const domain::ProductId& product : before.held) {
    const bool holds = std::ranges::find(now.held, product) != now.held.end();
    if (!holds) families_.remove(batch, Family::Holders, name(product));
  }
}

}  // namespace cassette::eventstore
