// Lease: compare-and-set on one key.
#include "eventstore/lease.h"

#include <utility>

#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::eventstore {

Lease::Lease(KeyValue& bucket, std::uint32_t partition, LeaseHolder self, bool node_is_ours)
    : bucket_(bucket),
      key_("engine." + std::to_string(partition)),
      self_(std::move(self)),
      node_is_ours_(node_is_ours) {}

std::string Lease::next_value() {
  ++self_.beat;
  std::string value;
  write_json(value, self_);
  return value;
}

Stored<bool> Lease::beat(std::chrono::steady_clock::time_point now) {
  if (!held()) return acquire(now);
  auto renewed = bucket_.update(key_, next_value(), *revision_);
  if (renewed.ok()) {
    revision_ = renewed.value();
    return true;
  }
  if (renewed.error().kind != StoreError::Kind::Conflict) return Failure{renewed.error()};
  revision_.reset();
  return acquire(now);
}

Stored<bool> Lease::acquire(std::chrono::steady_clock::time_point now) {
  auto found = bucket_.get(key_);
  if (!found.ok()) return Failure{found.error()};
  Stored<std::uint64_t> taken = std::uint64_t{0};
  if (!found.value()) {
    taken = bucket_.create(key_, next_value());
  } else {
    holder_ = {};
    const KeyValueEntry& entry = *found.value();
    if (!read_json(entry.value, holder_)) holder_ = {};
    if (entry.revision != seen_revision_) {
      seen_revision_ = entry.revision;
      seen_since_ = now;
    }
    const bool released = holder_.owner.empty();
    // Our own write whose answer was lost counts as ours; the update settles it.
    const bool ours = holder_.owner == self_.owner;
    const bool predecessor = node_is_ours_ && holder_.node == self_.node;
    const bool dead = now - seen_since_ >= kLeaseTimeout;
    if (!released && !ours && !predecessor && !dead) return false;
    taken = bucket_.update(key_, next_value(), entry.revision);
  }
  if (taken.ok()) {
    revision_ = taken.value();
    holder_ = self_;
    return true;
  }
  if (taken.error().kind == StoreError::Kind::Conflict) return false;
  return Failure{taken.error()};
}

Stored<Done> Lease::take_over() {
  auto taken = bucket_.put(key_, next_value());
  if (!taken.ok()) return Failure{taken.error()};
  revision_ = taken.value();
  holder_ = self_;
  return Done{};
}

Stored<Done> Lease::release() {
  if (!held()) return Done{};
  std::string free;
  write_json(free, LeaseHolder{"", self_.node, self_.beat + 1});
  auto released = bucket_.update(key_, free, *revision_);
  revision_.reset();
  if (released.ok() || released.error().kind == StoreError::Kind::Conflict) return Done{};
  return Failure{released.error()};
}

}  // namespace cassette::eventstore
