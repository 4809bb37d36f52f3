// EngineHost: leases in, engines out.
#include "eventstore/engine_host.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "eventstore/codec.h"

namespace cassette::eventstore {
namespace {

// How often a host looks at leases that it waits for: sooner than it renews its own, since a
// release should be taken up at once.
constexpr std::chrono::milliseconds kLook{200};

}  // namespace

EngineHost::EngineHost(EngineHostOptions options, EngineHostParts parts)
    : options_(std::move(options)), parts_(std::move(parts)) {
  const auto count = static_cast<std::uint32_t>(parts_.ledgers.size());
  CHECK(count > 0 && parts_.archives.size() == count);
  for (std::uint32_t p = 0; count > 1 && p < count; ++p) {
    tails_.push_back(std::make_unique<LedgerTail>(p, *parts_.ledgers[p]));
  }
  for (std::uint32_t p = 0; p < count; ++p) {
    EngineOptions engine{options_.limits, {}, {}};
    engine.settings = {p, count, options_.policy};
    engine.ledger_id = options_.ledger_id;
    std::vector<LedgerTail*> others;
    for (const auto& tail : tails_) {
      if (tail->partition() != p) others.push_back(tail.get());
    }
    EngineParts own{*parts_.ledgers[p], *parts_.archives[p], std::move(others), parts_.clock,
                    parts_.new_owner_id};
    engines_.push_back(std::make_unique<Engine>(std::move(engine), std::move(own)));
    leases_.emplace_back(parts_.leases, p, options_.self, options_.node_is_ours);
  }
  keeper_ = std::thread([this] { keep_leases(); });
}

EngineHost::~EngineHost() {
  stop(std::chrono::milliseconds(0));
}

void EngineHost::submit(Request request, std::function<void(Reply)> done) {
  const std::uint32_t to = partition_of(home_of(request.command), partitions());
  engines_[to]->submit({std::move(request), std::move(done)});
}

std::vector<Position> EngineHost::heads() const {
  std::vector<Position> heads;
  for (std::uint32_t p = 0; p < engines_.size(); ++p) heads.push_back({p, engines_[p]->head()});
  return heads;
}

std::vector<EngineHealth> EngineHost::health() const {
  std::vector<EngineHealth> health;
  for (std::uint32_t p = 0; p < engines_.size(); ++p) {
    const Engine& engine = *engines_[p];
    health.push_back(
        {p, engine.serving(), engine.last_end() == TenureEnd::Unsound, engine.trouble()});
  }
  return health;
}

bool EngineHost::claiming() const {
  return !looked_ || std::any_of(engines_.begin(), engines_.end(), [](const auto& engine) {
    return engine->granted() && !engine->serving() && !engine->last_end();
  });
}

void EngineHost::keep_leases() {
  std::vector<bool> to_take(leases_.size(), options_.take_over);
  auto renewed = std::chrono::steady_clock::time_point{};
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const auto now = std::chrono::steady_clock::now();
    const bool renew = now - renewed >= kLeaseBeat;
    if (renew) renewed = now;
    for (std::uint32_t p = 0; p < leases_.size(); ++p) {
      if (to_take[p]) to_take[p] = !take_over(p);
      if (renew || !leases_[p].held()) beat(p);
    }
    looked_ = true;
    lock.lock();
    stopped_.wait_for(lock, kLook, [this] { return stopping_; });
  }
}

bool EngineHost::take_over(std::uint32_t partition) {
  const auto taken = leases_[partition].take_over();
  if (!taken.ok()) {
    spdlog::warn("partition {}: the lease can't be taken over: {}", partition, taken.error().what);
  }
  return taken.ok();
}

void EngineHost::beat(std::uint32_t partition) {
  Lease& lease = leases_[partition];
  Engine& engine = *engines_[partition];
  const bool was_held = lease.held();
  const std::uint64_t ends = engine.ends();
  auto held = lease.beat(std::chrono::steady_clock::now());
  if (!held.ok()) return;  // no word from the bucket: nothing is known to have changed
  if (!held.value()) {
    if (was_held) {
      spdlog::warn("partition {}: the lease is {}'s now", partition, lease.holder().node);
    }
    engine.revoke();
    return;
  }
  if (!engine.granted() && engine.last_end() != TenureEnd::Unsound) engine.grant(ends);
}

bool EngineHost::stop(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  bool drained = true;
  for (const auto& engine : engines_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    drained = engine->stop(std::max(left, std::chrono::milliseconds(0))) && drained;
  }
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return drained;
  }
  stopped_.notify_all();
  if (keeper_.joinable()) keeper_.join();
  for (Lease& lease : leases_) {
    if (auto released = lease.release(); !released.ok()) {
      spdlog::warn("a lease can't be released: {}", released.error().what);
    }
  }
  return drained;
}

}  // namespace cassette::eventstore
