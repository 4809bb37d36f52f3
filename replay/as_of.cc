// Finds the commit of a moment, and folds single commits again to see which event did what.
#include "replay/as_of.h"

#include <fmt/format.h>

#include <array>

#include "eventstore/codec.h"
#include "projections/fold.h"
#include "projections/history_tables.h"

namespace cassette::replay {

using eventstore::EventRef;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoredCommit;
using eventstore::StoreError;
using projections::History;
using projections::Model;

namespace {

struct Kind {
  std::string_view name;
  Model model;
};

constexpr std::array<Kind, 6> kKinds{{{"vendor", Model::Vendors},
                                      {"product", Model::Products},
                                      {"stock", Model::Stock},
                                      {"order", Model::Orders},
                                      {"sub-order", Model::VendorOrders},
                                      {"customer", Model::Customers}}};

bool of_two(Model model) {
  return model == Model::Products || model == Model::Stock || model == Model::VendorOrders;
}

// The id that the partition is of: of a pair the first, the vendor's.
std::string_view home_id(std::string_view key) {
  return key.substr(0, key.find('/'));
}

bool valid_key(Model model, std::string_view key) {
  if (!of_two(model)) return domain::valid_id(key);
  const std::size_t slash = key.find('/');
  return slash != std::string_view::npos && domain::valid_id(key.substr(0, slash)) &&
         domain::valid_id(key.substr(slash + 1));
}

// Compares one document after each event of a commit with what it was before.
class Watch : public projections::Timeline {
 public:
  Watch(History& history, const Entity& entity, const StoredCommit& stored)
      : entity_(entity), stored_(stored), tables_(load_before(history, stored), *this) {}

  // Throws UnreadableVersion.
  std::vector<ChangingEvent> run() {
    tables_.for_each([&](Model model, auto& table) {
      if (model == entity_.model) table.at(entity_.key);  // as it was before
    });
    look();
    projections::fold(tables_.documents(), stored_);
    return std::move(changes_);
  }

  // Every event that changes a document has an entry, which is added once it has.
  void add(projections::TimelineEntry entry) override {
    if (!look()) return;
    const auto& recorded = stored_.commit.events[entry.ref.index];
    changes_.push_back({entry.ref, entry.at, std::string(domain::type_of(recorded.event)),
                        recorded.by.text(), recorded.occurred_at, recorded.request.text()});
  }

 private:
  static projections::LoadVersion load_before(History& history, const StoredCommit& stored) {
    return [&history, &stored](Model model, const std::string& key) -> std::optional<std::string> {
      auto before = history.get(model, key, stored.position.commit - 1);
      if (!before) throw projections::UnreadableVersion{std::move(before).error()};
      if (!before.value()) return std::nullopt;
      return std::move(before.value()->body);
    };
  }

  // Whether the document is another one than at the last look.
  bool look() {
    std::string now = body_;
    tables_.for_each([&](Model model, auto& table) {
      if (model != entity_.model) return;
      const auto* document = table.known(entity_.key);
      if (document == nullptr || version_of(*document) == 0) return;
      now = eventstore::to_json(*document);
    });
    const bool changed = now != body_;
    body_ = std::move(now);
    return changed;
  }

  const Entity& entity_;
  const StoredCommit& stored_;
  projections::HistoryTables tables_;
  std::string body_;
  std::vector<ChangingEvent> changes_;
};

Stored<StoredCommit> read_commit(eventstore::Ledger& ledger, const Position& position) {
  auto message = ledger.read(position.commit);
  if (!message) return Failure{std::move(message).error()};
  const Failure corrupt{StoreError{StoreError::Kind::Corrupt,
                                   "the ledger has no commit " + eventstore::format(position)}};
  if (!message.value()) return corrupt;
  const std::string& body = message.value()->body;
  auto commit = eventstore::decode(body);
  if (!commit) return corrupt;
  return StoredCommit{position, eventstore::hash_of(body), body.size(), std::move(commit).value()};
}

}  // namespace

std::string kinds() {
  std::string text;
  for (const Kind& kind : kKinds) text.append(text.empty() ? "" : ", ").append(kind.name);
  return text;
}

std::optional<Entity> entity_of(std::string_view kind, std::string_view id,
                                std::uint32_t partitions) {
  for (const Kind& each : kKinds) {
    if (each.name != kind || !valid_key(each.model, id)) continue;
    return entity_of(each.model, std::string(id), partitions);
  }
  return std::nullopt;
}

Entity entity_of(Model model, std::string key, std::uint32_t partitions) {
  Entity entity{model, std::move(key), {}, 0};
  for (const Kind& each : kKinds) {
    if (each.model == model) entity.kind = each.name;
  }
  CHECK(!entity.kind.empty());
  entity.partition = eventstore::partition_of(home_id(entity.key), partitions);
  return entity;
}

std::optional<std::string> refusal(const Entity& entity, const Moment& moment) {
  const auto* position = std::get_if<Position>(&moment);
  if (position == nullptr || position->partition == entity.partition) return std::nullopt;
  return fmt::format("{} is a moment of partition {}, and {} {} is in partition {}: give a time",
                     eventstore::format(*position), position->partition, entity.kind, entity.key,
                     entity.partition);
}

Stored<std::uint64_t> commit_at(History& history, const Entity& entity, const Moment& moment) {
  if (const auto* position = std::get_if<Position>(&moment)) return position->commit;
  return history.last_commit_at(entity.partition, std::get<domain::Timestamp>(moment));
}

Stored<std::vector<ChangingEvent>> events_between(History& history, eventstore::Ledger& ledger,
                                                  const Entity& entity, std::uint64_t after,
                                                  std::uint64_t until) {
  const auto commits = history.changes(entity.model, entity.key, after, until);
  if (!commits) return Failure{commits.error()};
  std::vector<ChangingEvent> events;
  for (const std::uint64_t commit : commits.value()) {
    const auto stored = read_commit(ledger, {entity.partition, commit});
    if (!stored) return Failure{stored.error()};
    try {
      for (ChangingEvent& each : Watch(history, entity, stored.value()).run()) {
        events.push_back(std::move(each));
      }
    } catch (const projections::UnreadableVersion& unreadable) {
      return Failure{unreadable.error};
    }
  }
  return events;
}

}  // namespace cassette::replay
