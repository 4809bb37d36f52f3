// Lines in, lines out.
#include "projections/timeline_group.h"

#include <algorithm>

#include "domain/check.h"

namespace cassette::projections {
namespace {

// Documents of one group, in bytes: a page reads a group to show one event of it.
constexpr std::size_t kMaxGroupBytes = 64 * 1024;

std::string place_of(const TimelineEntry& entry) {
  return timeline_place(entry.at, entry.ref);
}

// The text up to `end`, which goes too; all of it where there is none.
std::string_view take_until(std::string_view& text, char end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

GroupedEvent event_in(std::string_view line) {
  GroupedEvent event;
  std::string_view timelines = take_until(line, '\t');
  event.vendor = take_until(timelines, ' ');
  while (!timelines.empty()) event.products.push_back(take_until(timelines, ' '));
  event.body = line;
  return event;
}

}  // namespace

bool TimelineGroup::takes(const TimelineEntry& entry) const {
  if (empty()) return true;
  const TimelineEntry& last = events_.back();
  return !entry.order_id.empty() && entry.order_id == last.order_id &&
         entry.ref.position == last.ref.position && entry.ref.index == last.ref.index + 1 &&
         bytes_ < kMaxGroupBytes;
}

void TimelineGroup::add(TimelineEntry entry) {
  CHECK(takes(entry));
  bytes_ += entry.body.size();
  events_.push_back(std::move(entry));
}

void TimelineGroup::clear() {
  events_.clear();
  bytes_ = 0;
}

std::string TimelineGroup::place() const {
  CHECK(!empty());
  return place_of(events_.front());
}

void TimelineGroup::append_value(std::string& out) const {
  for (const TimelineEntry& event : events_) {
    out += event.vendor_id;
    for (const std::string& product : event.products) out.append(1, ' ').append(product);
    out.append(1, '\t').append(event.body).append(1, '\n');
  }
}

std::vector<IndexKey> TimelineGroup::index_keys() const {
  std::vector<IndexKey> keys;
  const std::string at = place();
  const auto add = [&](std::string index) {
    IndexKey key{Family::TimelineIndex, std::move(index) + at};
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(std::move(key));
  };
  for (const TimelineEntry& event : events_) {
    if (!event.vendor_id.empty()) add(timeline_of_vendor(event.vendor_id));
    if (!event.order_id.empty()) add(timeline_of_order(event.order_id));
    for (const std::string& product : event.products) add(timeline_of_product(product));
    if (!event.customer_id.empty()) add(timeline_of_customer(event.customer_id));
    if (event.erasure) add(timeline_of_erasures());
  }
  return keys;
}

std::vector<GroupedEvent> events_in(std::string_view place, std::string_view value) {
  std::vector<GroupedEvent> events;
  if (place.size() != kTimelinePlaceBytes) return events;
  std::uint32_t index = timeline_index(place);
  while (!value.empty()) {
    GroupedEvent event = event_in(take_until(value, '\n'));
    event.place = with_timeline_index(place, index++);
    events.push_back(std::move(event));
  }
  std::ranges::reverse(events);
  return events;
}

}  // namespace cassette::projections
