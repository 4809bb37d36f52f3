// Where to look, a thread a ledger, and the order between partitions.
#include "replay/story.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <thread>

#include "eventstore/codec.h"
#include "replay/cut.h"
#include "replay/mentions.h"
#include "replay/story_fold.h"

namespace cassette::replay {

using eventstore::Ledger;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoredCommit;
using eventstore::StoreError;

namespace {

// ---- the order between partitions

// One partition's commits, and what they have seen so far.
struct Lane {
  std::vector<StoredCommit> commits;
  std::size_t next = 0;
  std::map<std::uint32_t, std::uint64_t> seen;

  bool done() const { return next == commits.size(); }
  const StoredCommit& head() const { return commits[next]; }
};

bool must_wait(const Lane& lane, const std::map<std::uint32_t, Lane>& lanes) {
  return std::ranges::any_of(lanes, [&](const auto& entry) {
    const auto& [partition, other] = entry;
    if (&other == &lane || other.done()) return false;
    const auto seen = lane.head().commit.seen.find(partition);
    const auto before = lane.seen.find(partition);
    const std::uint64_t now = seen == lane.head().commit.seen.end() ? 0 : seen->second.commit;
    const std::uint64_t then = before == lane.seen.end() ? 0 : before->second;
    return other.head().position.commit <= std::max(now, then);
  });
}

// The lane whose commit comes next; null after the last. A lane that waits when all do has seen
// what comes after it, which only a forged ledger says.
Lane* next_of(std::map<std::uint32_t, Lane>& lanes) {
  Lane* earliest = nullptr;
  bool waits = true;
  for (auto& [partition, lane] : lanes) {
    if (lane.done()) continue;
    const bool must = must_wait(lane, lanes);
    const bool before = earliest == nullptr || (waits && !must) ||
                        (waits == must && lane.head().commit.at < earliest->head().commit.at);
    if (!before) continue;
    earliest = &lane;
    waits = must;
  }
  return earliest;
}

// ---- where to look

struct Search {
  std::uint32_t partition = 0;
  std::uint64_t from = 1;
  std::optional<Stored<Mentions>> found{};
};

// Counts for several threads.
class SharedMeter {
 public:
  explicit SharedMeter(ProgressMeter* meter) : meter_(meter) {}

  void add(std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    done_ += count;
    if (meter_ != nullptr) meter_->reach(done_);
  }

 private:
  ProgressMeter* const meter_;
  std::mutex mutex_;
  std::uint64_t done_ = 0;
};

Stored<eventstore::Done> search_all(std::span<Ledger* const> ledgers, const domain::OrderId& id,
                                    std::vector<Search>& searches, const StoryOptions& options) {
  std::uint64_t total = 0;
  for (const Search& search : searches) {
    const auto last = ledgers[search.partition]->last_sequence();
    if (!last.ok()) return Failure{last.error()};
    total += last.value() + 1 - std::min(search.from, last.value() + 1);
  }
  if (options.progress != nullptr) options.progress->start(total);
  SharedMeter meter(options.progress);
  {
    std::vector<std::jthread> threads;
    for (Search& search : searches) {
      threads.emplace_back([&ledgers, &id, &search, &meter, &options] {
        const MentionSearch what{search.partition, search.from, id.value,
                                 [&meter](std::uint64_t count) { meter.add(count); }};
        search.found = find_mentions(*ledgers[search.partition], what, options.stop);
      });
    }
  }
  if (options.progress != nullptr) options.progress->finish();
  for (const Search& search : searches) {
    if (!search.found->ok()) return Failure{search.found->error()};
  }
  return eventstore::Done{};
}

// The order's first commit, and what it says.
const domain::OrderPlaced* placed_in(const StoredCommit& stored, const domain::OrderId& id) {
  for (const eventstore::RecordedEvent& recorded : stored.commit.events) {
    const auto* placed = std::get_if<domain::OrderPlaced>(&recorded.event);
    if (placed != nullptr && placed->order_id == id) return placed;
  }
  return nullptr;
}

// The partitions of the order's vendors but for `home`, from the order's time on.
Stored<std::vector<Search>> vendors_searches(std::span<Ledger* const> ledgers, std::uint32_t home,
                                             const domain::OrderPlaced& placed,
                                             domain::Timestamp at) {
  std::set<std::uint32_t> partitions;
  for (const domain::VendorId& vendor : domain::vendors_of(placed)) {
    partitions.insert(
        eventstore::partition_of(vendor.value, static_cast<std::uint32_t>(ledgers.size())));
  }
  partitions.erase(home);
  std::vector<Search> searches;
  for (const std::uint32_t partition : partitions) {
    const auto before = last_commit_at(partition, *ledgers[partition], {at.micros - 1});
    if (!before.ok()) return Failure{before.error()};
    searches.push_back({partition, before.value() + 1});
  }
  return searches;
}

// Moves what was found into `commits`, without the data of who was erased.
void take_found(std::vector<Search>& searches, Erased& erased, std::vector<StoredCommit>& commits,
                Story& story) {
  for (Search& search : searches) {
    Mentions& found = search.found->value();
    for (StoredCommit& stored : found.commits) {
      commits.push_back(std::get<StoredCommit>(erased.redact(std::move(stored))));
    }
    story.read_up_to.push_back(format(Position{search.partition, found.read}));
    for (const std::uint64_t message : found.void_messages) {
      story.void_messages.push_back(format(Position{search.partition, message}));
    }
  }
}

}  // namespace

std::vector<StoredCommit> in_causal_order(std::vector<StoredCommit> commits) {
  std::map<std::uint32_t, Lane> lanes;
  const std::size_t count = commits.size();
  for (StoredCommit& stored : commits) {
    lanes[stored.position.partition].commits.push_back(std::move(stored));
  }
  std::vector<StoredCommit> ordered;
  ordered.reserve(count);
  while (Lane* const lane = next_of(lanes)) {
    for (const auto& [partition, seen] : lane->head().commit.seen) {
      lane->seen[partition] = std::max(lane->seen[partition], seen.commit);
    }
    ordered.push_back(std::move(lane->commits[lane->next++]));
  }
  return ordered;
}

Story story_of(const domain::OrderId& id, std::vector<StoredCommit> commits) {
  StoryFold fold(id);
  for (const StoredCommit& stored : in_causal_order(std::move(commits))) fold.take(stored);
  return fold.take_story();
}

Stored<std::optional<Story>> tell_order(std::span<Ledger* const> ledgers, const domain::OrderId& id,
                                        const StoryOptions& options) {
  const auto home = eventstore::partition_of(id.value, static_cast<std::uint32_t>(ledgers.size()));
  std::vector<Search> searches{{home}};
  if (auto done = search_all(ledgers, id, searches, options); !done.ok()) {
    return Failure{std::move(done).error()};
  }
  const auto& at_home = searches[0].found->value().commits;
  const auto first = std::ranges::find_if(
      at_home, [&](const StoredCommit& each) { return placed_in(each, id) != nullptr; });
  if (first == at_home.end()) return std::optional<Story>();
  auto others = vendors_searches(ledgers, home, *placed_in(*first, id), first->commit.at);
  if (!others.ok()) return Failure{std::move(others).error()};
  if (auto done = search_all(ledgers, id, others.value(), options); !done.ok()) {
    return Failure{std::move(done).error()};
  }
  Erased erased(options.is_erased);
  std::vector<StoredCommit> commits;
  Story around;
  take_found(searches, erased, commits, around);
  take_found(others.value(), erased, commits, around);
  Story story = story_of(id, std::move(commits));
  story.read_up_to = std::move(around.read_up_to);
  story.void_messages = std::move(around.void_messages);
  return std::optional(std::move(story));
}

}  // namespace cassette::replay
