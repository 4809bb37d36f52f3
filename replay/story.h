// Story: what became of one order, told from the ledgers alone: every step in causal order over all
// partitions with its position, who did it and why, and where each part of the order came to.
// How it reads is story_report.h's; whether the ledgers are sound is verify's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "domain/order.h"
#include "eventstore/commit.h"
#include "eventstore/ledger.h"
#include "eventstore/store_error.h"
#include "replay/erased.h"
#include "replay/progress.h"

namespace cassette::replay {

// A status, and the event that led to it.
struct StatusStep {
  domain::OrderStatus status = domain::OrderStatus::Pending;
  std::string id;  // "0:1841:3"
  domain::Timestamp at;

  static void fields(auto& self, auto&& visit) {
    visit("status", self.status);
    visit("id", self.id);
    visit("at", self.at);
  }
};

// One thing that happened. The order's own record of what a vendor's partition decided is no step
// of its own, but the `recorded` of that decision.
struct StoryStep {
  std::string id;  // of the event, "0:1841:3"
  domain::Timestamp at;
  std::optional<domain::Timestamp> occurred_at;
  std::string type;
  std::string by;          // who asked; empty for what the engine does of itself
  std::string request_id;  // as the answer named it
  std::string cause;       // the id of the event that called for it; empty when a command did
  std::string vendor_id;   // whose part it is about; empty: the whole order
  std::string recorded;    // the id of the record in the order's partition
  std::string what;        // in words
  std::optional<domain::Event> event;

  static void fields(auto& self, auto&& visit) {
    visit("id", self.id);
    visit("at", self.at);
    visit("occurredAt", self.occurred_at);
    visit("type", self.type);
    visit("by", self.by);
    visit("requestId", self.request_id);
    visit("cause", self.cause);
    visit("vendorId", self.vendor_id);
    visit("recorded", self.recorded);
    visit("what", self.what);
    visit("event", self.event);
  }
};

// Units of one product that a vendor promised, and what became of them.
struct StoryLine {
  std::string line_id;
  std::string product_id;
  std::string name;
  std::string sku;
  std::int64_t unit_price = 0;  // minor units of the sub-order's currency
  domain::Quantity reserved = 0;
  domain::Quantity shipped = 0;
  domain::Quantity released = 0;  // cancelled: its reservation went back
  domain::Quantity open = 0;      // reserved still
  domain::Quantity delivered = 0;
  domain::Quantity returned = 0;
  domain::Quantity lost = 0;  // and written off

  static void fields(auto& self, auto&& visit) {
    visit("lineId", self.line_id);
    visit("productId", self.product_id);
    visit("name", self.name);
    visit("SKU", self.sku);
    visit("unitPrice", self.unit_price);
    visit("reserved", self.reserved);
    visit("shipped", self.shipped);
    visit("released", self.released);
    visit("open", self.open);
    visit("delivered", self.delivered);
    visit("returned", self.returned);
    visit("lost", self.lost);
  }
};

// A shipment or a return, with the events that it went through.
struct StoryParcel {
  std::string id;
  std::string status;
  std::string carrier;
  std::string tracking_code;
  std::vector<domain::LineQuantity> lines;
  std::vector<std::string> events;  // ids

  static void fields(auto& self, auto&& visit) {
    visit("id", self.id);
    visit("status", self.status);
    visit("carrier", self.carrier);
    visit("trackingCode", self.tracking_code);
    visit("lines", self.lines);
    visit("events", self.events);
  }
};

struct StoryPart {
  std::string vendor_id;
  domain::OrderStatus status = domain::OrderStatus::Pending;
  std::string reservation;  // "none", "refused", "held", "partly used", "used", "released"
  std::string reserved;     // the id of the event that reserved or refused
  std::string currency;
  std::int64_t total = 0;    // minor units, as promised
  std::int64_t payable = 0;  // without what was cancelled or written off
  std::vector<StatusStep> history;
  std::vector<StoryLine> lines;
  std::vector<StoryParcel> shipments;
  std::vector<StoryParcel> returns;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("status", self.status);
    visit("reservation", self.reservation);
    visit("reserved", self.reserved);
    visit("currency", self.currency);
    visit("total", self.total);
    visit("payable", self.payable);
    visit("history", self.history);
    visit("lines", self.lines);
    visit("shipments", self.shipments);
    visit("returns", self.returns);
  }
};

struct Story {
  std::string order_id;
  std::string customer_id;
  domain::OrderStatus status = domain::OrderStatus::Pending;
  std::optional<domain::Money> total;      // once settled
  std::vector<StatusStep> history;         // of the whole order
  std::vector<StoryPart> sub_orders;       // by vendor id
  std::vector<StoryStep> steps;            // in causal order
  std::vector<std::string> read_up_to;     // a position a partition that was read
  std::vector<std::string> void_messages;  // positions of messages that name it and are no commits
  std::string contradiction;  // the first event that can't be; what follows it is not folded

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("customerId", self.customer_id);
    visit("status", self.status);
    visit("total", self.total);
    visit("history", self.history);
    visit("subOrders", self.sub_orders);
    visit("steps", self.steps);
    visit("readUpTo", self.read_up_to);
    visit("voidMessages", self.void_messages);
    visit("contradiction", self.contradiction);
  }
};

struct StoryOptions {
  ProgressMeter* progress = nullptr;  // counts messages
  std::stop_token stop;
  IsErased is_erased{};  // as of tail
};

// Reads the order's partition, and from the order's time on its vendors' partitions; `ledgers` are
// all, in their order. Nothing when no commit of the order's partition names it. Blocks for as long
// as reading takes, a thread a ledger. Failures: those of reading.
eventstore::Stored<std::optional<Story>> tell_order(std::span<eventstore::Ledger* const> ledgers,
                                                    const domain::OrderId& id,
                                                    const StoryOptions& options);

// The same of commits at hand, which are all that name the order, a partition after the other and
// each in order.
Story story_of(const domain::OrderId& id, std::vector<eventstore::StoredCommit> commits);

// Every cause before its effects, and earlier before later where neither has seen the other. The
// commits come in the order of each partition.
std::vector<eventstore::StoredCommit> in_causal_order(
    std::vector<eventstore::StoredCommit> commits);

}  // namespace cassette::replay
