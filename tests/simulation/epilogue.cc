// Epilogue: one fault, one process that starts, and what it must come to.
#include "tests/simulation/epilogue.h"

#include <utility>

#include <fmt/format.h>

#include "eventstore/codec.h"
#include "tests/simulation/ledger_check.h"
#include "tests/simulation/verdict.h"

namespace cassette::sim {

using eventstore::Commit;
using eventstore::Hash;
using eventstore::StoredCommit;

namespace {

constexpr Nanos kPatience = 60 * kSecond;
constexpr Nanos kLook = 200 * kMillisecond;

std::string encoded(const Commit& commit) {
  std::string body;
  eventstore::encode(commit, body);
  return body;
}

class Spoiled {
 public:
  Spoiled(World& world, std::uint32_t partition)
      : ledger_(*world.ledgers[partition]),
        draws_(world.plan.seed, "epilogue"),
        commits_(read_ledgers(world)[partition]),
        length_(ledger_.last_sequence().value()) {}

  bool possible() const { return commits_.size() > 1; }

  void shorten() {
    const Shield shield;
    const auto kept = draws_.below(commits_.size() - 1);
    ledger_.truncate(commits_[kept].position.commit);
  }

  // The last commits once more, by another owner: as long, and sound in itself.
  void replace() {
    const Shield shield;
    const auto kept = draws_.below(commits_.size() - 1);
    ledger_.truncate(commits_[kept].position.commit);
    Hash last = commits_[kept].hash;
    for (std::size_t i = kept + 1; i < commits_.size(); ++i) {
      Commit commit = commits_[i].commit;
      commit.prev = last;
      commit.owner = "rewriter";
      last = eventstore::hash_of(append(encoded(commit)));
    }
    while (ledger_.last_sequence().value() < length_) append("not a commit");
  }

  void commit_unknown() {
    const Shield shield;
    Commit commit;
    commit.at = commits_.back().commit.at;
    commit.prev = commits_.back().hash;
    commit.owner = "newer";
    commit.events.push_back({domain::PartitionClaimed{"newer"}, {}, "system", {}, {}});
    std::string body = encoded(commit);
    body.insert(body.find("PartitionClaimed"), "Future");
    append(body);
  }

 private:
  std::string append(std::string body) {
    ledger_.append(ledger_.last_sequence().value(), body, {}, {});
    return body;
  }

  eventstore::MemoryLedger& ledger_;
  Draws draws_;
  std::vector<StoredCommit> commits_;
  std::uint64_t length_;
};

bool notices(const Process& process, std::uint32_t partition) {
  const Nanos until = now() + kPatience;
  while (now() < until) {
    const auto health = process.health();
    if (!health.empty() && health[partition].serving) {
      wrong(fmt::format("process {} serves a ledger that is another than before", process.id()));
    }
    if (!health.empty() && health[partition].unsound) return true;
    pass(kLook);
  }
  return false;
}

}  // namespace

void spoil(World& world, Processes& processes) {
  Draws draws(world.plan.seed, "spoil");
  const auto partition = static_cast<std::uint32_t>(draws.below(world.plan.partitions));
  Process& process = *draws.pick(processes);
  Spoiled spoiled(world, partition);
  auto& archive = *world.disks[process.id()].archives[partition];
  const auto folded = archive.inner().point().value().head.read;
  if (!spoiled.possible() || folded < world.ledgers[partition]->last_sequence().value()) return;
  world.may_be_unsound = true;
  switch (world.plan.epilogue) {
    case Epilogue::None:
      return;
    case Epilogue::Shortened:
      spoiled.shorten();
      break;
    case Epilogue::Replaced:
      spoiled.replace();
      break;
    case Epilogue::Unknown:
      spoiled.commit_unknown();
      break;
  }
  const std::uint64_t left = world.ledgers[partition]->last_sequence().value();
  process.start();
  if (!notices(process, partition)) wrong("nobody notices what was done to a ledger");
  process.stop();
  const std::uint64_t after = world.ledgers[partition]->last_sequence().value();
  if (after != left) wrong("an engine appended to a ledger that is not its own");
}

}  // namespace cassette::sim
