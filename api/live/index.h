// Index: finds the members that an event or a stock level may concern, without asking all of them.
// Each member stands under the narrowest thing that it asks for. Used by the io thread alone.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/live/mailbox.h"
#include "api/live/member.h"

namespace cassette::api {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return domain::hash_of_id(text); }
};
template <class Value>
using ByText = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

using MemberPtr = std::shared_ptr<Member>;
using Members = std::vector<MemberPtr>;

class EventIndex {
 public:
  void add(const MemberPtr& member);
  void remove(const MemberPtr& member);

  // Calls `found(member)` for each that the event matches, once.
  template <class Found>
  void match(const LiveEvent& event, Found&& found) const {
    const auto look = [&](const Members& members) {
      for (const MemberPtr& member : members) {
        if (member->what.matches(event)) found(member);
      }
    };
    const auto look_up = [&](const ByText<Members>& by, std::string_view key) {
      if (by.empty() || key.empty()) return;
      if (const auto at = by.find(key); at != by.end()) look(at->second);
    };
    look_up(by_order_, event.order_id);
    look_up(by_customer_, event.customer_id);
    look_up(by_vendor_, event.vendor_id);
    look(all_);
    if (by_product_.empty()) return;
    for (const std::string& product : event.products) {
      look_up(by_product_, event.vendor_id + '/' + product);
    }
  }

 private:
  ByText<Members> by_order_, by_product_, by_customer_, by_vendor_;
  Members all_;
};

// Who watches stock levels.
class LevelIndex {
 public:
  void add(const MemberPtr& member);
  void remove(const MemberPtr& member);

  bool empty() const { return by_product_.empty() && by_vendor_.empty() && all_.empty(); }
  // Whether anybody watches this product.
  bool watched(std::string_view vendor, std::string_view key) const;
  // Calls `each(vendor, product)` for every product that somebody names.
  template <class Each>
  void each_product(Each&& each) const {
    for (const auto& [key, watched] : by_product_) {
      const Subscription& what = watched.members.front()->what;
      each(what.vendor_id, what.product_id);
    }
  }
  // Puts it in the mailbox of each that may see it. One that names the product gets a version once.
  void tell(const LevelPtr& level);

 private:
  struct Watched {
    Members members;
    std::uint64_t version = 0;  // told last
  };

  static void put(const MemberPtr& member, const LevelPtr& level);

  ByText<Watched> by_product_;
  ByText<Members> by_vendor_;
  Members all_;
};

}  // namespace cassette::api
