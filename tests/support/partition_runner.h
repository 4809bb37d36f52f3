// Runs partitions of the domain without a ledger: commands are decided and folded at their home,
// and what the events call for is delivered in each partition's order, now or when the test says.
// Every event is judged by a RunningCheck; a reaction that is refused is the domain's error.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "domain/invariants.h"
#include "domain/marketplace.h"
#include "domain/reactions.h"
#include "tests/support/describe.h"

namespace cassette::tests {

class PartitionRunner {
 public:
  explicit PartitionRunner(std::size_t partitions = 1, domain::Context context = {})
      : context_(context) {
    for (std::size_t i = 0; i < partitions; ++i) {
      const auto is_local = [this, i](std::string_view id) { return home_of(id) == i; };
      partitions_.push_back(Partition{domain::Marketplace(is_local), {}, {}, {}});
      partitions_.back().inbox.resize(partitions);
    }
  }
  PartitionRunner(const PartitionRunner&) = delete;
  PartitionRunner& operator=(const PartitionRunner&) = delete;

  // Decides at the command's home, with all that follows there. Other partitions hear of it later.
  domain::Decision run(const domain::Command& command) {
    const std::size_t home = home_of(domain::home_of(command));
    domain::Decision decision = partitions_[home].state.decide(command, context_);
    if (decision) commit(home, decision.value());
    return decision;
  }

  // Delivers the oldest reaction that `from` holds for `to`; false when there is none.
  bool deliver(std::size_t from, std::size_t to) {
    auto& inbox = partitions_[to].inbox[from];
    if (inbox.empty()) return false;
    const domain::Command command = std::move(inbox.front());
    inbox.pop_front();
    commit(to, react_to(to, command));
    return true;
  }

  // Delivers until nothing is on its way. False when that takes suspiciously long.
  bool settle() {
    constexpr int kRounds = 100'000;
    for (int round = 0; round < kRounds; ++round) {
      bool any = false;
      for (std::size_t from = 0; from < size(); ++from) {
        for (std::size_t to = 0; to < size(); ++to) any = deliver(from, to) || any;
      }
      if (!any) return true;
    }
    return false;
  }

  // Runs, and delivers everything that follows.
  domain::Decision run_all(const domain::Command& command) {
    domain::Decision decision = run(command);
    if (!settle()) faults.push_back("reactions never end");
    return decision;
  }

  // Moves the clock and expires what is due; gives the number of orders that expired.
  int pass(std::int64_t seconds) {
    context_.now.micros += seconds * 1'000'000;
    int expired = 0;
    for (Partition& each : partitions_) {
      while (const auto due = each.state.next_deadline()) {
        if (due->at > context_.now) break;
        (void)run(domain::ExpireReservation{due->order_id});
        ++expired;
      }
    }
    return expired;
  }

  std::size_t size() const { return partitions_.size(); }
  domain::Context& context() { return context_; }
  const domain::Marketplace& at(std::string_view id) const {
    return partitions_[home_of(id)].state;
  }
  const domain::Marketplace& partition(std::size_t i) const { return partitions_[i].state; }
  const domain::Events& log(std::size_t i) const { return partitions_[i].log; }
  domain::StockItem stock(const char* vendor, const char* product) const {
    return at(vendor).stock({vendor}, {product}).value_or(domain::StockItem{});
  }
  const domain::Order* order(const domain::OrderId& id) const { return at(id.value).order(id); }
  const domain::SubOrder* sub_order(const char* vendor, const domain::OrderId& id) const {
    return at(vendor).sub_order({vendor}, id);
  }

  // What went wrong by itself: broken invariants, refused reactions.
  std::vector<std::string> faults;

 private:
  struct Partition {
    domain::Marketplace state;
    domain::RunningCheck check;
    domain::Events log;
    std::vector<std::deque<domain::Command>> inbox;  // one a source, in the source's order
  };

  std::size_t home_of(std::string_view id) const {
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return static_cast<std::size_t>((hash >> 16) % partitions_.size());
  }

  domain::Events react_to(std::size_t home, const domain::Command& command) {
    domain::Decision decision = partitions_[home].state.decide(command, context_);
    if (decision) return std::move(decision).value();
    faults.push_back("a reaction was refused: " + describe(decision.error()));
    return {};
  }

  // Folds the events and, in the same commit, what they call for here. A reaction is decided once
  // all that was decided before it is folded.
  void commit(std::size_t home, const domain::Events& events) {
    std::deque<domain::Command> local;
    fold_all(home, events, local);
    while (!local.empty()) {
      const domain::Command next = std::move(local.front());
      local.pop_front();
      fold_all(home, react_to(home, next), local);
    }
  }

  void fold_all(std::size_t home, const domain::Events& events,
                std::deque<domain::Command>& local) {
    for (const domain::Event& event : events) {
      fold(home, event);
      for (domain::Command& command : domain::react(event)) {
        const std::size_t to = home_of(domain::home_of(command));
        auto& queue = to == home ? local : partitions_[to].inbox[home];
        queue.push_back(std::move(command));
      }
    }
  }

  void fold(std::size_t home, const domain::Event& event) {
    Partition& at = partitions_[home];
    at.state.evolve(event);
    at.log.push_back(event);
    for (const std::string& found : at.check.violations_of(at.state, event)) {
      faults.push_back("after " + describe(event) + ": " + found);
    }
  }

  domain::Context context_;
  std::deque<Partition> partitions_;
};

}  // namespace cassette::tests
