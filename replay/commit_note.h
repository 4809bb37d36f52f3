// CommitNote: what one partition's audit has to say of a message to the one that judges all
// partitions together. It holds copies of what spans partitions, and nothing else of the commit.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/sub_order.h"
#include "eventstore/commit.h"
#include "eventstore/store_error.h"
#include "replay/asks.h"

namespace cassette::replay {

// A call to another partition.
struct RemoteCall {
  eventstore::EventRef source;
  std::uint32_t to = 0;
  AskKind kind = AskKind::Reserve;
  domain::OrderId order;
  domain::VendorId vendor;
  std::optional<domain::SubOrderEvent> change;  // to be recorded
};

// An event that came of another partition's, as it says itself.
struct RemoteEffect {
  std::uint32_t index = 0;
  std::string_view type;  // of the event: its name
  eventstore::EventRef source;
  bool must_be_called_for = false;
  std::optional<AskKind> answers;  // with all below
  domain::OrderId order;
  domain::VendorId vendor;
  std::optional<domain::SubOrderEvent> change;  // that was recorded
};

// A sub-order in a few figures, which are the same in its vendor's partition and in its order's
// once all is recorded.
struct PartFigures {
  domain::Version version = 0;
  domain::OrderStatus status = domain::OrderStatus::Cancelled;
  domain::Quantity open = 0;
  std::int64_t total = 0;
  std::int64_t payable = 0;

  bool operator==(const PartFigures&) const = default;
};

PartFigures figures_of(const domain::SubOrder& sub_order);

// Of a sub-order whose order lives in another partition: as its vendor's has it, or as its order's
// has `recorded` it, after this commit.
struct PartNote {
  domain::OrderId order;
  domain::VendorId vendor;
  bool recorded = false;
  PartFigures figures;
};

struct CommitNote {
  eventstore::Position position;
  domain::Timestamp at;
  eventstore::Hash hash{};
  std::uint64_t bytes = 0;
  std::uint64_t events = 0;
  bool judged = true;  // false for what is only folded
  bool whole = true;   // the partition's chain, so far
  std::map<std::uint32_t, eventstore::Seen> seen;
  std::vector<RemoteCall> calls;
  std::vector<RemoteEffect> effects;
  std::vector<PartNote> parts;
};

struct StrayNote {
  std::uint64_t sequence = 0;
  std::uint64_t bytes = 0;
  std::string why;
  bool whole = true;
};

// An error is a partition's last: Corrupt at a hole, Unsupported, Unavailable.
using Note = std::variant<CommitNote, StrayNote, eventstore::StoreError>;

}  // namespace cassette::replay
