// The story's lines.
#include "replay/story_report.h"

#include <fmt/format.h>

#include "eventstore/json_write.h"
#include "replay/story_words.h"

namespace cassette::replay {
namespace {

// Texts of a ledger are anybody's: none may end a line or move a terminal's cursor.
void add(std::string& out, std::string line) {
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  out += line + "\n";
}

std::string history_of(const std::vector<StatusStep>& history) {
  std::string text;
  for (const StatusStep& step : history) {
    text += fmt::format("{}{} {}", text.empty() ? "" : " -> ", name_of(step.status), step.id);
  }
  return text;
}

std::string count(domain::Quantity units, std::string_view word) {
  return units == 0 ? std::string() : fmt::format(", {} {}", units, word);
}

void add_line(std::string& out, const StoryLine& line, const std::string& currency) {
  const std::string what =
      fmt::format("  line {}: {} of {} ({}, {}) at {} {}", line.line_id, line.reserved,
                  line.product_id, line.name, line.sku, line.unit_price, currency);
  add(out, what + count(line.shipped, "shipped") + count(line.released, "released") +
               count(line.open, "held still") + count(line.delivered, "delivered") +
               count(line.returned, "returned") + count(line.lost, "lost"));
}

void add_parcel(std::string& out, std::string_view kind, const StoryParcel& parcel) {
  std::string text =
      fmt::format("  {} {}: {}, {}", kind, parcel.id, parcel.status, words_of(parcel.lines));
  if (!parcel.carrier.empty()) text += ", " + parcel.carrier;
  if (!parcel.tracking_code.empty()) text += ", " + parcel.tracking_code;
  add(out, text + fmt::format(" [{}]", fmt::join(parcel.events, " ")));
}

void add_part(std::string& out, const StoryPart& part) {
  add(out, "");
  add(out, fmt::format("vendor {}: {}", part.vendor_id, name_of(part.status)));
  add(out, fmt::format("  status: {}", history_of(part.history)));
  add(out, fmt::format("  reservation: {} [{}]", part.reservation, part.reserved));
  if (!part.currency.empty()) {
    add(out, fmt::format("  total {} {}, payable {} {}", part.total, part.currency, part.payable,
                         part.currency));
  }
  for (const StoryLine& line : part.lines) add_line(out, line, part.currency);
  for (const StoryParcel& shipment : part.shipments) add_parcel(out, "shipment", shipment);
  for (const StoryParcel& returned : part.returns) add_parcel(out, "return", returned);
}

// A vendor's partition decided it, and not the order's.
bool vendors_own(const StoryStep& step) {
  return step.event &&
         std::visit([]<class E>(const E&) { return domain::IsSubOrderEvent<E>; }, *step.event);
}

// Who acted: a reaction is its partition's, asked for by whoever began.
std::string actor_of(const StoryStep& step) {
  const bool vendors = vendors_own(step);
  const std::string actor = vendors ? "vendor " + step.vendor_id : "the order";
  const std::string by = step.by.empty() ? "the engine" : step.by;
  if (!step.cause.empty()) return fmt::format("{} (for {})", actor, by);
  return vendors ? fmt::format("{} for {}", by, actor) : by;
}

void add_step(std::string& out, const StoryStep& step) {
  std::string text =
      fmt::format("{} {} {} {}", domain::format(step.at), step.id, actor_of(step), step.what);
  if (step.occurred_at) text += ", as of " + domain::format(*step.occurred_at);
  std::string why;
  if (!step.cause.empty()) why += " because of " + step.cause;
  if (!step.recorded.empty()) why += " recorded " + step.recorded;
  if (!step.request_id.empty()) why += " request " + step.request_id;
  if (!why.empty()) text += " [" + why.substr(1) + "]";
  add(out, std::move(text));
}

}  // namespace

std::string to_text(const Story& story) {
  std::string out;
  add(out, fmt::format("order {} of customer {}: {}", story.order_id, story.customer_id,
                       name_of(story.status)));
  add(out, fmt::format("status: {}", history_of(story.history)));
  if (story.total) {
    add(out, fmt::format("total {} {} (amounts are in minor units)", story.total->amount,
                         story.total->currency.code));
  }
  for (const StoryPart& part : story.sub_orders) add_part(out, part);
  add(out, "");
  add(out, "what happened:");
  for (const StoryStep& step : story.steps) add_step(out, step);
  add(out, "");
  add(out, fmt::format("read up to {}", fmt::join(story.read_up_to, " ")));
  if (!story.void_messages.empty()) {
    add(out, fmt::format("named by void messages: {}", fmt::join(story.void_messages, " ")));
  }
  if (!story.contradiction.empty()) {
    add(out, "UNSOUND: " + story.contradiction + "; what follows it is not in the figures");
  }
  return out;
}

std::string to_json(const Story& story) {
  return eventstore::to_json(story);
}

}  // namespace cassette::replay
