// AsOf: documents as they stood at a moment, and which events changed one between two moments. It
// reads a history, and folds no more than the commits that it is asked about.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/history.h"
#include "replay/cut.h"

namespace cassette::replay {

// One document, and the partition that it is folded from.
struct Entity {
  projections::Model model = projections::Model::Vendors;
  std::string key;        // as ReadModels takes it
  std::string_view kind;  // as people say it: "sub-order"
  std::uint32_t partition = 0;
};

// The kinds that there are, for a message: "vendor, product, …".
std::string kinds();

// The entity of `kind` called `id`: a product's, a stock item's and a sub-order's ids are two,
// "VENDOR/PRODUCT" and "VENDOR/ORDER". Nothing for another kind and for what can't be an id.
std::optional<Entity> entity_of(std::string_view kind, std::string_view id,
                                std::uint32_t partitions);
// The same of a model with a history and its key.
Entity entity_of(projections::Model model, std::string key, std::uint32_t partitions);

// Why `moment` is none of the entity's: a position of another partition says nothing about it.
// Nothing when it is one.
std::optional<std::string> refusal(const Entity& entity, const Moment& moment);

// The last commit of the entity's partition at the moment, which is not refused; it may be one that
// the history has not folded yet, and of a time the last one that it has.
eventstore::Stored<std::uint64_t> commit_at(projections::History& history, const Entity& entity,
                                            const Moment& moment);

struct ChangingEvent {
  eventstore::EventRef ref;
  domain::Timestamp at;
  std::string type;
  std::string by;                                // empty: nobody
  std::optional<domain::Timestamp> occurred_at;  // as given by the asker
  std::string request;                           // empty: by no request
};

// The events after `after` and up to commit `until` that changed the document, in order: those that
// left its body another one. `ledger` is of the entity's partition. Blocks for a read of the leader
// a commit that changed it. Failures: those of reading; Corrupt when the ledger's commits are not
// those folded.
eventstore::Stored<std::vector<ChangingEvent>> events_between(projections::History& history,
                                                              eventstore::Ledger& ledger,
                                                              const Entity& entity,
                                                              std::uint64_t after,
                                                              std::uint64_t until);

}  // namespace cassette::replay
