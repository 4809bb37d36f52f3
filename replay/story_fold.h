// StoryFold: folds one order's events, in causal order, into its story. Private to story.cc.
#pragma once

#include <map>
#include <string>

#include "replay/story.h"

namespace cassette::replay {

// Not thread-safe.
class StoryFold {
 public:
  explicit StoryFold(const domain::OrderId& id);

  // Takes the events of `stored` that name the order, in their order.
  void take(const eventstore::StoredCommit& stored);
  // After the last commit.
  Story take_story();

 private:
  struct Parcel {
    std::vector<std::string> events;
  };
  struct Part {
    domain::SubOrder sub_order;  // folded from what the vendor's partition decided
    std::string reserved;
    std::map<std::string, domain::ReservedLine> lines;  // by line id
    std::map<std::string, Parcel> shipments;
    std::map<std::string, Parcel> returns;
    std::vector<StatusStep> history;
  };

  void take(const eventstore::StoredCommit& stored, std::uint32_t index);
  void keep_step(const eventstore::StoredCommit& stored, std::uint32_t index);
  void fold(const domain::Event& event, const StatusStep& now);
  // Of the vendor's own; the others do nothing.
  template <class E>
  void note(Part& part, const E& event, const std::string& id);
  StoryPart told(const std::string& vendor, const Part& part) const;

  Story story_;
  domain::Order order_;
  std::map<std::string, Part> parts_;
  std::map<std::string, std::size_t> step_of_;  // by the event's id
};

}  // namespace cassette::replay
