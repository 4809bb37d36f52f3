// Asks: what an event calls for in another aggregate, and which event is the answer to it.
// This says the same as domain/reactions.h in other words, so that verify does not believe the code
// that made the ledger; a test holds the two together.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "domain/events.h"
#include "domain/sub_order.h"

namespace cassette::replay {

enum class AskKind { Reserve, Settle, Confirm, Cancel, ChangeAddress, Record };

// Of the order and of the vendor's part of it. Points into the event it came from.
struct Ask {
  AskKind kind = AskKind::Reserve;
  const domain::OrderId* order = nullptr;
  const domain::VendorId* vendor = nullptr;

  // Whose partition decides: the order's records, all else is the vendor's.
  std::string_view home() const { return kind == AskKind::Record ? order->value : vendor->value; }
  // Otherwise it may be "already so", and silent.
  bool must_be_answered() const { return kind != AskKind::Settle && kind != AskKind::Confirm; }
};

// Calls `visit(const Ask&)` for each, in the order in which they are decided.
void for_each_ask(const domain::Event& event, const std::function<void(const Ask&)>& visit);

// What the event answers; nothing for one that never answers. A LinesCancelled may also come of a
// command; the others never do.
std::optional<Ask> answered_by(const domain::Event& event);

// The id whose partition an event belongs to; empty for what a ledger says of itself.
std::string_view home_of(const domain::Event& event);

}  // namespace cassette::replay
