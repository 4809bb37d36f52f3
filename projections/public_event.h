// Public events: what of a commit the world may see, as CloudEvents 1.0 in structured JSON.
// The feed and the live gateway both get them here, so that ids, subjects and bytes are the same.
// No personal data gets in: sealed fields are left out, not even their ciphertext stays.
// docs/feed.md lists every type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/commit.h"

namespace cassette::projections {

struct PublicEvent {
  std::string id;  // "<partition>-<commit>-<index>", the same at every replay
  eventstore::EventRef ref;
  std::string_view type;              // "StockReserved"; static
  domain::Timestamp at;               // of the commit
  std::string vendor_id;              // empty: a fact of the whole order
  std::string order_id;               // empty: none
  std::string customer_id;            // where the event itself names one; else empty
  std::vector<std::string> products;  // of `vendor_id`, where the event names any, each once
  std::string subject;                // "feed.0.vendor.1580.stock.771.StockCounted"
  std::string body;                   // the CloudEvent
};

// Whether an event is public: the deciding ones are, and not what repeats them elsewhere, nor what
// the ledger says of itself or of customers.
bool is_public(const domain::Event& event);

// The commit's public events, in order; empty when none is. Fails never. Pure: the same commit
// gives the same bytes. Any thread.
std::vector<PublicEvent> public_events(const eventstore::StoredCommit& commit);
// Only those after the event `after` of the commit.
std::vector<PublicEvent> public_events(const eventstore::StoredCommit& commit, std::uint32_t after);

// "0-1841-3": an event's id, and back.
std::string public_id(const eventstore::EventRef& ref);
std::optional<eventstore::EventRef> parse_public_id(std::string_view id);

// The types that are public, by name, in alphabetical order: what docs/feed.md has to list.
std::vector<std::string_view> public_types();

}  // namespace cassette::projections
