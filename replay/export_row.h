// ExportRow: one event as exports show it, in JSON and in CSV, and which events an export wants.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/commit.h"

namespace cassette::replay {

// One line of an export. `docs/export.md` says what each means.
struct ExportRow {
  std::string id;        // "0:1841:3"
  std::string position;  // "0:1841"
  std::uint32_t partition = 0;
  std::uint64_t commit = 0;
  std::uint32_t index = 0;
  eventstore::Hash hash{};  // of the commit
  domain::Timestamp at;
  std::optional<domain::Timestamp> occurred_at;
  std::string type;
  std::string by;
  std::string request_id;
  std::string command;  // the id of the command that asked for it
  std::string cause;    // the id of the event that called for it
  std::string vendor_id;
  std::string product_id;
  std::string order_id;
  std::string customer_id;
  std::optional<domain::Event> event;

  static void fields(auto& self, auto&& visit) {
    visit("id", self.id);
    visit("position", self.position);
    visit("partition", self.partition);
    visit("commit", self.commit);
    visit("index", self.index);
    visit("hash", self.hash);
    visit("at", self.at);
    visit("occurredAt", self.occurred_at);
    visit("type", self.type);
    visit("by", self.by);
    visit("requestId", self.request_id);
    visit("command", self.command);
    visit("cause", self.cause);
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("orderId", self.order_id);
    visit("customerId", self.customer_id);
    visit("event", self.event);
  }
};

ExportRow export_row(const eventstore::StoredCommit& stored, std::uint32_t index);

// One line each, with its end. JSON as json_write.h has it. CSV as RFC 4180 has it: lines end with
// CR LF, a field with a comma, a quote or a line break stands in quotes; `event` is JSON.
void append_jsonl(std::string& out, const ExportRow& row);
void append_csv(std::string& out, const ExportRow& row);
// The first line of each CSV file: the members of ExportRow.
std::string csv_header();

struct EventFilter {
  std::string vendor;              // events that name it anywhere; empty: all
  std::vector<std::string> types;  // any of them; empty: all

  bool wants(const domain::Event& event) const;
};

// Whether the vendor's id stands anywhere in the event.
bool names_vendor(const domain::Event& event, std::string_view vendor);

}  // namespace cassette::replay
