// Index: tables by what members name.
#include "api/live/index.h"

#include <algorithm>

namespace cassette::api {
namespace {

void erase(Members& members, const MemberPtr& member) {
  const auto at = std::ranges::find(members, member);
  if (at == members.end()) return;
  *at = std::move(members.back());
  members.pop_back();
}

void erase(ByText<Members>& by, std::string_view key, const MemberPtr& member) {
  const auto at = by.find(key);
  if (at == by.end()) return;
  erase(at->second, member);
  if (at->second.empty()) by.erase(at);
}

std::string product_key(const Subscription& what) {
  return what.vendor_id + '/' + what.product_id;
}

}  // namespace

void EventIndex::add(const MemberPtr& member) {
  const Subscription& what = member->what;
  if (!what.events) return;
  if (!what.order_id.empty()) {
    by_order_[what.order_id].push_back(member);
  } else if (!what.product_id.empty()) {
    by_product_[product_key(what)].push_back(member);
  } else if (!what.customer_id.empty()) {
    by_customer_[what.customer_id].push_back(member);
  } else if (!what.vendor_id.empty()) {
    by_vendor_[what.vendor_id].push_back(member);
  } else {
    all_.push_back(member);
  }
}

void EventIndex::remove(const MemberPtr& member) {
  const Subscription& what = member->what;
  if (!what.events) return;
  if (!what.order_id.empty()) {
    erase(by_order_, what.order_id, member);
  } else if (!what.product_id.empty()) {
    erase(by_product_, product_key(what), member);
  } else if (!what.customer_id.empty()) {
    erase(by_customer_, what.customer_id, member);
  } else if (!what.vendor_id.empty()) {
    erase(by_vendor_, what.vendor_id, member);
  } else {
    erase(all_, member);
  }
}

void LevelIndex::add(const MemberPtr& member) {
  const Subscription& what = member->what;
  if (!what.levels) return;
  if (!what.product_id.empty()) {
    by_product_[product_key(what)].members.push_back(member);
  } else if (!what.vendor_id.empty()) {
    by_vendor_[what.vendor_id].push_back(member);
  } else {
    all_.push_back(member);
  }
}

void LevelIndex::remove(const MemberPtr& member) {
  const Subscription& what = member->what;
  if (!what.levels) return;
  if (what.product_id.empty()) {
    if (what.vendor_id.empty()) return erase(all_, member);
    return erase(by_vendor_, what.vendor_id, member);
  }
  const auto at = by_product_.find(product_key(what));
  if (at == by_product_.end()) return;
  erase(at->second.members, member);
  if (at->second.members.empty()) by_product_.erase(at);
}

bool LevelIndex::watched(std::string_view vendor, std::string_view key) const {
  return !all_.empty() || by_vendor_.find(vendor) != by_vendor_.end() ||
         by_product_.find(key) != by_product_.end();
}

void LevelIndex::put(const MemberPtr& member, const LevelPtr& level) {
  if (level->listed || member->what.unlisted) member->mailbox.put_level(member, level);
}

void LevelIndex::tell(const LevelPtr& level) {
  for (const MemberPtr& member : all_) put(member, level);
  if (const auto at = by_vendor_.find(level->vendor_id); at != by_vendor_.end()) {
    for (const MemberPtr& member : at->second) put(member, level);
  }
  const auto at = by_product_.find(level->key());
  if (at == by_product_.end()) return;
  const bool moved = level->version > at->second.version;
  for (const MemberPtr& member : at->second.members) {
    if (moved || member->fresh_level) put(member, level);
    member->fresh_level = false;
  }
  at->second.version = std::max(at->second.version, level->version);
}

}  // namespace cassette::api
