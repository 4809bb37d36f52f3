// WhatIfWorld: a marketplace folded event by event, and what became of each order in it. A what-if
// has two: history as it was recorded, and as it would have been.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "domain/marketplace.h"
#include "eventstore/commit.h"
#include "replay/closed_store.h"

namespace cassette::replay {

enum class OrderOutcome {
  Stands,          // promised, with units that were not cancelled; shipped or not
  ShortInPart,     // stands, without the parts of vendors that had too little
  LostToShortage,  // given up, or refused at once, since a vendor had too little
  Expired,         // not confirmed before its deadline
  Cancelled,       // nothing of it remains, by somebody's wish
  Refused,         // given up, or refused at once, for another reason than too little stock
  Undecided,       // not every vendor has answered
};

// What is known of one order. Values are of goods, in minor units, without charges.
struct OrderFate {
  eventstore::Position placed;
  domain::Quantity wanted = 0;
  std::int64_t wanted_value = 0;  // at its own prices, or the catalogue's when it was placed
  domain::Currency currency;
  domain::Quantity promised = 0;
  std::int64_t promised_value = 0;
  domain::Quantity kept = 0;  // promised, and neither cancelled nor written off
  std::int64_t kept_value = 0;
  bool too_little = false;  // at a vendor
  bool settled = false;
  bool given_up = false;
  bool expired = false;

  OrderOutcome outcome() const;
  // What was wanted and not promised, where that is for want of stock.
  domain::Quantity short_units() const;
  std::int64_t short_value() const;
};

// Not thread-safe.
class WhatIfWorld {
 public:
  WhatIfWorld() = default;
  explicit WhatIfWorld(domain::Marketplace::IsLocal is_local) : marketplace_(std::move(is_local)) {}

  // Folds an event of the commit at `where`. CHECK-fails when it contradicts the state.
  void apply(const domain::Event& event, eventstore::Position where);
  // An order that was refused at once, and so has no event.
  void refuse(const domain::OrderPlaced& asked, const domain::Rejection& refusal,
              eventstore::Position where);
  // Puts back what was packed of an order, so that it can be decided on.
  void unpack(const domain::OrderName& name) { closed_.unpack(name, marketplace_); }
  // Lets go of what the event has closed. Once for each event, when nothing more of its commit
  // comes.
  void pack(const domain::Event& event) { closed_.pack(event, marketplace_); }

  const domain::Marketplace& marketplace() const { return marketplace_; }
  const std::unordered_map<std::string, OrderFate>& fates() const { return fates_; }
  std::uint64_t reorder_points_reached() const { return reorder_points_reached_; }

 private:
  struct Note;  // one overload a group of events

  OrderFate& fate(const domain::OrderId& id) { return fates_[id.value]; }
  OrderFate asked_for(const domain::OrderPlaced& placed, eventstore::Position where) const;

  domain::Marketplace marketplace_;
  ClosedStore closed_;
  std::unordered_map<std::string, OrderFate> fates_;  // by order
  std::uint64_t reorder_points_reached_ = 0;
};

}  // namespace cassette::replay

template <>
struct cassette::EnumNames<cassette::replay::OrderOutcome> {
  static constexpr std::array<std::string_view, 7> values{
      "stands", "shortInPart", "lostToShortage", "expired", "cancelled", "refused", "undecided"};
};
