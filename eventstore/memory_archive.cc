// The archive as a plain fold of everything.
#include "eventstore/memory_archive.h"

#include "eventstore/archive_point.h"

namespace cassette::eventstore {

Stored<FoldPoint> MemoryArchive::point() {
  const std::lock_guard lock(mutex_);
  return point_;
}

Stored<Done> MemoryArchive::load(domain::Marketplace& marketplace) {
  const std::lock_guard lock(mutex_);
  for (const domain::EntityKey& key : known_) load(key, marketplace);
  return Done{};
}

void MemoryArchive::load(const domain::EntityKey& key, domain::Marketplace& into) const {
  const auto copy = [&into](const auto& state, const auto&... name) {
    if (state && state->exists()) into.load(name..., *state);
  };
  const auto copy_awake = [&copy](const auto* state, const auto&... name) {
    if (state != nullptr && state->awake()) copy(state, name...);
  };
  const domain::VendorId owner{key.owner};
  switch (key.kind) {
    case domain::EntityKind::Vendor:
      return copy(marketplace_.vendor({key.id}), domain::VendorId{key.id});
    case domain::EntityKind::Product:
      return copy(marketplace_.product(owner, {key.id}), owner, domain::ProductId{key.id});
    case domain::EntityKind::Stock:
      return copy(marketplace_.stock(owner, {key.id}), owner, domain::ProductId{key.id});
    case domain::EntityKind::Customer:
      return copy(marketplace_.customer({key.id}), domain::CustomerId{key.id});
    case domain::EntityKind::Order:
      return copy_awake(marketplace_.order({key.id}), domain::OrderId{key.id});
    case domain::EntityKind::SubOrder:
      return copy_awake(marketplace_.sub_order(owner, {key.id}), owner, domain::OrderId{key.id});
  }
}

Stored<Done> MemoryArchive::fold_all(std::span<const StoredCommit* const> commits,
                                     const FoldPoint& point) {
  const std::lock_guard lock(mutex_);
  const Stored<Done> follows = check_follows(point_.head, commits, point.head);
  if (!follows) return follows;
  for (const StoredCommit* commit : commits) take(*commit);
  point_ = point;
  folded_.store(point_.head.commit, std::memory_order_release);
  return Done{};
}

void MemoryArchive::take(const StoredCommit& commit) {
  for (const RecordedEvent& recorded : commit.commit.events) {
    for (domain::EntityKey& key : domain::entities_of(recorded.event)) {
      known_.insert(std::move(key));
    }
    marketplace_.evolve(recorded.event);
  }
  for (const CommandRecord& command : commit.commit.commands) {
    if (command.id.empty()) continue;
    commands_[command.id] = {command.digest, command.status, commit.position, commit.commit.at};
  }
}

Stored<std::optional<domain::Order>> MemoryArchive::order(const domain::OrderId& id) {
  const std::lock_guard lock(mutex_);
  const domain::Order* found = marketplace_.order(id);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

Stored<std::optional<domain::SubOrder>> MemoryArchive::sub_order(const domain::VendorId& vendor,
                                                                 const domain::OrderId& id) {
  const std::lock_guard lock(mutex_);
  const domain::SubOrder* found = marketplace_.sub_order(vendor, id);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

Stored<Done> MemoryArchive::for_each_holder(const domain::VendorId& vendor,
                                            const domain::ProductId& product,
                                            const VisitHolder& visit) {
  std::set<domain::OrderId> holders;
  {
    const std::lock_guard lock(mutex_);
    marketplace_.for_each_sub_order([&](const auto& of, const auto& order, const auto& sub_order) {
      if (of == vendor && sub_order.holds(product)) holders.insert(order);
    });
  }
  for (const domain::OrderId& order : holders) {
    if (!visit(order)) break;
  }
  return Done{};
}

Stored<std::optional<RememberedCommand>> MemoryArchive::command(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto found = commands_.find(std::string(id));
  return found == commands_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace cassette::eventstore
