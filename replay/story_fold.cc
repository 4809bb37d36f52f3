// Two folds beside each other, of the order as its own partition has it and of each part as its
// vendor's has, and which event brought what.
#include "replay/story_fold.h"

#include <fmt/format.h>

#include <algorithm>
#include <concepts>

#include "replay/contradiction.h"
#include "replay/story_words.h"

namespace cassette::replay {

using domain::OrderStatus;
using eventstore::EventRef;
using eventstore::RecordedEvent;
using eventstore::StoredCommit;

namespace {

// Null for what is no order's.
const domain::OrderId* order_of(const domain::Event& event) {
  return std::visit(
      []<class E>(const E& e) -> const domain::OrderId* {
        if constexpr (requires { e.order_id; }) return &e.order_id;
        return nullptr;
      },
      event);
}

std::string vendor_of(const domain::Event& event) {
  return std::visit(
      []<class E>(const E& e) -> std::string {
        if constexpr (requires { e.vendor_id; }) return e.vendor_id.value;
        return {};
      },
      event);
}

std::string cause_of(const StoredCommit& stored, const eventstore::Cause& cause) {
  if (cause.on) return eventstore::format(EventRef{stored.position, *cause.on});
  if (cause.on_remote) return eventstore::format(*cause.on_remote);
  return {};
}

void keep_status(std::vector<StatusStep>& history, StatusStep now) {
  if (history.empty() || history.back().status != now.status) history.push_back(std::move(now));
}

std::string reservation_of(const domain::SubOrder& sub_order) {
  if (sub_order.refused) return "refused";
  if (!sub_order.exists()) return "none";
  domain::Quantity shipped = 0;
  for (const domain::SubOrderLine& line : sub_order.lines) shipped += line.shipped;
  if (sub_order.open_units() > 0) return shipped > 0 ? "partly used" : "held";
  return shipped > 0 ? "used" : "released";
}

template <class Told>
StoryParcel parcel(const std::string& id, const Told& told) {
  StoryParcel parcel;
  parcel.id = id;
  parcel.status = name_of(told.status);
  parcel.lines = told.lines;
  return parcel;
}

}  // namespace

StoryFold::StoryFold(const domain::OrderId& id) {
  story_.order_id = id.value;
}

void StoryFold::take(const StoredCommit& stored) {
  for (std::uint32_t i = 0; i < stored.commit.events.size(); ++i) {
    const domain::OrderId* order = order_of(stored.commit.events[i].event);
    if (order != nullptr && order->value == story_.order_id) take(stored, i);
  }
}

void StoryFold::take(const StoredCommit& stored, std::uint32_t index) {
  const RecordedEvent& recorded = stored.commit.events[index];
  const std::string id = eventstore::format(EventRef{stored.position, index});
  if (std::holds_alternative<domain::SubOrderRecorded>(recorded.event)) {
    const auto decided = step_of_.find(cause_of(stored, recorded.cause));
    if (decided != step_of_.end()) story_.steps[decided->second].recorded = id;
  } else {
    keep_step(stored, index);
  }
  if (!story_.contradiction.empty()) return;
  try {
    const ContradictionTrap trap;
    fold(recorded.event, {OrderStatus::Pending, id, stored.commit.at});
  } catch (const Contradiction& contradiction) {
    story_.contradiction =
        fmt::format("{} {} can't be: {}", id, type_of(recorded.event), contradiction.what());
  }
}

void StoryFold::keep_step(const StoredCommit& stored, std::uint32_t index) {
  const RecordedEvent& recorded = stored.commit.events[index];
  StoryStep step;
  step.id = eventstore::format(EventRef{stored.position, index});
  step.at = stored.commit.at;
  step.occurred_at = recorded.occurred_at;
  step.type = type_of(recorded.event);
  step.by = recorded.by.text();
  step.request_id = recorded.request.text();
  step.cause = cause_of(stored, recorded.cause);
  step.vendor_id = vendor_of(recorded.event);
  step.what = words_of(recorded.event);
  step.event = recorded.event;
  step_of_[step.id] = story_.steps.size();
  story_.steps.push_back(std::move(step));
}

void StoryFold::fold(const domain::Event& event, const StatusStep& now) {
  std::visit(
      [&]<class E>(const E& e) {
        if constexpr (domain::IsSubOrderEvent<E>) {
          Part& part = parts_[e.vendor_id.value];
          domain::evolve(part.sub_order, e);
          note(part, e, now.id);
          keep_status(part.history, {part.sub_order.status(), now.id, now.at});
        } else if constexpr (requires { domain::evolve(order_, e); }) {
          domain::evolve(order_, e);
          if constexpr (std::same_as<E, domain::OrderSettled>) story_.total = e.total_amount;
          keep_status(story_.history, {order_.status(), now.id, now.at});
        }
      },
      event);
}

template <class E>
void StoryFold::note(Part& part, const E& event, const std::string& id) {
  if constexpr (std::same_as<E, domain::StockReserved>) {
    part.reserved = id;
    for (const domain::ReservedLine& line : event.lines) {
      part.lines[std::to_string(line.line_id.value)] = line;
    }
  } else if constexpr (std::same_as<E, domain::ReservationRefused>) {
    part.reserved = id;
  } else if constexpr (requires { event.shipment_id; }) {
    part.shipments[event.shipment_id.value].events.push_back(id);
  } else if constexpr (requires { event.return_id; }) {
    part.returns[event.return_id.value].events.push_back(id);
  }
}

StoryPart StoryFold::told(const std::string& vendor, const Part& part) const {
  const domain::SubOrder& sub_order = part.sub_order;
  StoryPart told;
  told.vendor_id = vendor;
  told.status = sub_order.status();
  told.reservation = reservation_of(sub_order);
  told.reserved = part.reserved;
  told.currency = sub_order.currency.code;
  told.total = sub_order.refused ? 0 : sub_order.total();
  told.payable = sub_order.refused ? 0 : sub_order.payable();
  told.history = part.history;
  for (const domain::SubOrderLine& line : sub_order.lines) {
    const std::string id = std::to_string(line.line_id.value);
    const auto named = part.lines.find(id);
    const bool known = named != part.lines.end();
    told.lines.push_back({id, line.product_id.value, known ? named->second.name : "",
                          known ? named->second.sku : "", line.unit_price, line.quantity,
                          line.shipped, line.cancelled, line.open(), line.delivered, line.returned,
                          line.lost});
  }
  for (const domain::Shipment& shipment : sub_order.shipments) {
    StoryParcel shown = parcel(shipment.shipment_id.value, shipment);
    shown.carrier = shipment.carrier;
    shown.tracking_code = shipment.tracking_code;
    shown.events = part.shipments.at(shown.id).events;
    told.shipments.push_back(std::move(shown));
  }
  for (const domain::Return& returned : sub_order.returns) {
    StoryParcel shown = parcel(returned.return_id.value, returned);
    shown.events = part.returns.at(shown.id).events;
    told.returns.push_back(std::move(shown));
  }
  return told;
}

Story StoryFold::take_story() {
  story_.customer_id = order_.customer_id.value;
  if (order_.exists()) story_.status = order_.status();
  for (const auto& [vendor, part] : parts_) story_.sub_orders.push_back(told(vendor, part));
  return std::move(story_);
}

}  // namespace cassette::replay
