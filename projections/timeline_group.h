// TimelineGroup: the events of one order in one commit that follow each other, kept as one value
// and found by one entry an index. Placing an order makes seven events; one by one they would be
// two thirds of what a fold writes. It groups and takes apart; what is written where is for others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "projections/index_keys.h"
#include "projections/timeline_document.h"

namespace cassette::projections {

// One thread uses it.
class TimelineGroup {
 public:
  bool empty() const { return events_.empty(); }
  // Whether the entry goes on where the group ends.
  bool takes(const TimelineEntry& entry) const;
  void add(TimelineEntry entry);
  void clear();

  // The place of the first event: the group's key, and its place in each index. Every event of it
  // sorts there or before, and after every older group.
  std::string place() const;
  // A line an event, first to last: the vendor and the products whose timelines it is on, parted by
  // spaces, a tab, and the document. None of them holds a tab or an end of line.
  void append_value(std::string& out) const;
  std::vector<IndexKey> index_keys() const;

 private:
  std::vector<TimelineEntry> events_;
  std::size_t bytes_ = 0;
};

// An event of a group as it is read. Valid as long as the value is.
struct GroupedEvent {
  std::string place;
  std::string_view vendor;                 // empty: on no vendor's timeline
  std::vector<std::string_view> products;  // "vendor/product"
  std::string_view body;
};

// The events of a value, the last one first, as lists give them. Empty when it is no such value.
std::vector<GroupedEvent> events_in(std::string_view place, std::string_view value);

}  // namespace cassette::projections
