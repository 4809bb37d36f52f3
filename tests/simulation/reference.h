// Reference: the rules once more, as plainly as they can be said, on plain maps and in one thread.
// It is fed every partition's events in causal order, judges each by what came before, and says how
// a command has to be answered. It shares no rule with domain/: a difference is a finding.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/commands.h"
#include "domain/events.h"

namespace cassette::sim {

using Units = std::int64_t;
// "vendor/product" or "vendor/order".
using Pair = std::pair<std::string, std::string>;

struct ShopState {
  bool suspended = false;
};

struct ListingState {
  std::string name;
  std::string sku;
  std::int64_t price = 0;
  bool listed = true;
};

struct ShelfState {
  Units on_hand = 0;  // missing ones included
  Units reserved = 0;
  Units missing = 0;
  Units safety = 0;
  Units reorder = 0;

  Units available() const { return std::max<Units>(0, on_hand - reserved - safety); }
};

struct LineState {
  std::string product;
  std::int64_t price = 0;
  Units ordered = 0;
  Units shipped = 0;
  Units cancelled = 0;
  Units returned = 0;
  Units lost = 0;

  Units open() const { return ordered - shipped - cancelled; }
};

using LineUnits = std::map<std::uint32_t, Units>;

struct ParcelState {
  domain::ShipmentStatus status = domain::ShipmentStatus::Shipped;
  domain::LossResolution resolution = domain::LossResolution::None;
  LineUnits lines;

  bool open() const {
    return status != domain::ShipmentStatus::Delivered &&
           resolution == domain::LossResolution::None;
  }
};

struct ReturnState {
  domain::ReturnStatus status = domain::ReturnStatus::Requested;
  LineUnits lines;
};

// A vendor's part of an order.
struct PartState {
  bool exists = false;
  bool refused = false;
  bool settled = false;
  int preparation = 0;  // pending, confirmed, packed
  std::map<std::uint32_t, LineState> lines;
  std::map<std::string, ParcelState> parcels;
  std::map<std::string, ReturnState> returns;
  std::int64_t charges = 0;

  Units open() const;
  std::int64_t total() const;
  domain::OrderStatus status() const;
  bool stands() const { return exists && status() != domain::OrderStatus::Cancelled; }
};

// What the order's partition knows of a part.
struct PartView {
  bool asked = false;
  bool answered = false;
  int outstanding = 0;
  PartState part;

  bool stands() const { return answered && part.stands(); }
};

struct PurchaseState {
  enum class Phase { Placing, Open, Failed };

  Phase phase = Phase::Placing;
  bool manual = false;
  bool confirmed = false;
  bool expired = false;
  bool cancel_short = false;
  std::optional<std::int64_t> deadline;  // microseconds
  std::vector<domain::PlacedLine> lines;
  std::map<std::string, PartView> parts;  // by vendor, in the order in which they are asked

  bool standing() const;
};

// How a command is to be answered.
struct Expected {
  enum class Answer { Accepted, AlreadySo, Refused };

  Answer answer = Answer::Accepted;
  std::string refusal;  // its type
};

class Reference {
 public:
  explicit Reference(std::uint32_t partitions) : partitions_(partitions) {}

  // Events come in the order of their partition, and after those that they were caused by. Ends the
  // run when one can't be.
  void apply(const domain::Event& event, std::uint32_t partition, domain::Timestamp at);

  // On the state as it is; decided at `now`, or at any time up to `latest`.
  std::vector<Expected> expect(const domain::Command& command, std::uint32_t partition,
                               domain::Timestamp now, domain::Timestamp latest) const;

  const std::map<Pair, ShelfState>& shelves() const { return shelves_; }
  const std::map<Pair, PartState>& parts() const { return parts_; }
  const std::map<std::string, PurchaseState>& purchases() const { return purchases_; }

  // What is under way between partitions, as text: empty once everything has come to rest.
  std::vector<std::string> unfinished(domain::Timestamp now) const;

 private:
  struct Apply;
  struct Expect;

  // Why the vendor can't promise the lines; empty when it can.
  std::string refusal_of(const std::string& vendor,
                         const std::vector<domain::PlacedLine>& lines) const;
  void change_stock(const Pair& item, Units on_hand, Units reserved);
  void change_part(PartState& part, const domain::SubOrderEvent& change) const;

  std::uint32_t partitions_;
  std::map<std::string, ShopState> shops_;
  std::map<Pair, ListingState> listings_;
  std::map<Pair, ShelfState> shelves_;
  std::map<Pair, PartState> parts_;  // by vendor and order
  std::map<std::string, PurchaseState> purchases_;
  std::map<Pair, std::vector<domain::PlacedLine>> asks_;       // not answered yet
  std::map<Pair, int> requests_;                               // to cancel, likewise
  std::map<Pair, std::deque<domain::SubOrderEvent>> reports_;  // not recorded yet
};

}  // namespace cassette::sim
