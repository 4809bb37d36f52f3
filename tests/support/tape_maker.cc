// The engine's loop without threads, ledger, archive or failures.
#include "tests/support/tape_maker.h"

#include "domain/reactions.h"
#include "eventstore/codec.h"
#include "eventstore/tenure.h"

namespace cassette::testing {

using eventstore::Commit;
using eventstore::Position;
using eventstore::RecordedEvent;
using eventstore::StoredCommit;

TapeMaker::TapeMaker(std::uint32_t partitions) : tracks_(partitions) {
  for (std::uint32_t p = 0; p < partitions; ++p) {
    tracks_[p].marketplace = domain::Marketplace([p, partitions](std::string_view id) {
      return eventstore::partition_of(id, partitions) == p;
    });
    Commit genesis = open();
    RecordedEvent recorded;
    recorded.by = "system";
    recorded.event = domain::LedgerCreated{"ledger-of-tests", partitions, p,
                                           std::string(eventstore::kPartitionHash)};
    genesis.events.push_back(recorded);
    recorded.event = domain::PartitionClaimed{owner_};
    genesis.events.push_back(recorded);
    store(p, std::move(genesis));
  }
}

std::uint32_t TapeMaker::home(std::string_view id) const {
  return eventstore::partition_of(id, partitions());
}

Commit TapeMaker::open() const {
  Commit commit;
  commit.at = now_;
  commit.owner = owner_;
  return commit;
}

Position TapeMaker::run(const domain::Command& command, const std::string& id) {
  const std::optional<Position> position = attempt(command, id);
  CHECK(position.has_value());
  return *position;
}

std::optional<Position> TapeMaker::attempt(const domain::Command& command, const std::string& id) {
  now_.micros += 1000;
  const std::uint32_t partition = home(domain::home_of(command));
  Track& track = tracks_[partition];
  Commit commit = open();
  RecordedEvent envelope;
  envelope.by = "admin";
  if (!id.empty()) {
    commit.commands.push_back({id, "digest of " + id, 201});
    envelope.cause.command = 0;
  }
  domain::Decision decision = track.marketplace.decide(command, {now_, {}});
  if (!decision.ok()) return std::nullopt;
  append(track, commit, std::move(decision).value(), envelope);
  react_locally(partition, commit, 0);
  const Position position = store(partition, std::move(commit));
  read_others();
  return position;
}

void TapeMaker::expire() {
  for (std::uint32_t p = 0; p < partitions(); ++p) {
    Track& track = tracks_[p];
    while (const auto deadline = track.marketplace.next_deadline()) {
      if (deadline->at > now_) break;
      Commit commit = open();
      RecordedEvent envelope;
      envelope.by = "system";
      domain::Decision decision =
          track.marketplace.decide(domain::ExpireReservation{deadline->order_id}, {now_, {}});
      CHECK(decision.ok() && !decision.value().empty());
      append(track, commit, std::move(decision).value(), envelope);
      react_locally(p, commit, 0);
      store(p, std::move(commit));
    }
  }
  read_others();
}

void TapeMaker::append(Track& track, Commit& commit, domain::Events events,
                       const RecordedEvent& envelope) {
  for (domain::Event& event : events) {
    track.marketplace.evolve(event);
    RecordedEvent recorded = envelope;
    recorded.event = std::move(event);
    commit.events.push_back(std::move(recorded));
  }
}

void TapeMaker::react_locally(std::uint32_t partition, Commit& commit, std::size_t first) {
  Track& track = tracks_[partition];
  for (std::size_t i = first; i < commit.events.size(); ++i) {
    RecordedEvent envelope;
    envelope.by = commit.events[i].by;
    envelope.cause.on = static_cast<std::uint32_t>(i);
    for (const domain::Command& command : domain::react(commit.events[i].event)) {
      if (home(domain::home_of(command)) != partition) continue;
      domain::Decision decision = track.marketplace.decide(command, {commit.at, {}});
      CHECK(decision.ok());
      append(track, commit, std::move(decision).value(), envelope);
    }
  }
}

bool TapeMaker::read_other(std::uint32_t partition, std::uint32_t other) {
  Track& track = tracks_[partition];
  std::size_t& taken = track.taken[other];
  if (taken == tracks_[other].commits.size()) return false;
  Commit commit = open();
  bool addressed = false;
  for (; taken < tracks_[other].commits.size(); ++taken) {
    const StoredCommit& source = tracks_[other].commits[taken];
    for (std::uint32_t i = 0; i < source.commit.events.size(); ++i) {
      RecordedEvent envelope;
      envelope.by = source.commit.events[i].by;
      envelope.cause.on_remote = eventstore::EventRef{source.position, i};
      for (const domain::Command& command : domain::react(source.commit.events[i].event)) {
        if (home(domain::home_of(command)) != partition) continue;
        addressed = true;
        const std::size_t first = commit.events.size();
        domain::Decision decision = track.marketplace.decide(command, {commit.at, {}});
        CHECK(decision.ok());
        append(track, commit, std::move(decision).value(), envelope);
        react_locally(partition, commit, first);
      }
    }
    commit.seen[other] = {source.position.commit, source.hash};
  }
  if (addressed) store(partition, std::move(commit));
  return addressed;
}

void TapeMaker::read_others() {
  for (bool moved = true; moved;) {
    moved = false;
    for (std::uint32_t p = 0; p < partitions(); ++p) {
      for (std::uint32_t other = 0; other < partitions(); ++other) {
        if (p != other && read_other(p, other)) moved = true;
      }
    }
  }
}

StoredCommit TapeMaker::forge(std::uint32_t partition, domain::Events events) {
  return forge(partition, [&](Commit& commit) {
    for (domain::Event& event : events) {
      RecordedEvent recorded;
      recorded.by = "admin";
      recorded.event = std::move(event);
      commit.events.push_back(std::move(recorded));
    }
  });
}

StoredCommit TapeMaker::forge(std::uint32_t partition, const std::function<void(Commit&)>& fill) {
  Commit commit = open();
  fill(commit);
  store(partition, std::move(commit));
  return tracks_[partition].commits.back();
}

void TapeMaker::put_raw(std::uint32_t partition, std::string body) {
  tracks_[partition].bodies.push_back(std::move(body));
}

Position TapeMaker::store(std::uint32_t partition, Commit commit) {
  Track& track = tracks_[partition];
  commit.prev = track.last_hash;
  std::string body;
  eventstore::encode(commit, body);
  track.last_hash = eventstore::hash_of(body);
  const Position position{partition, track.bodies.size() + 1};
  track.commits.push_back({position, track.last_hash, body.size(), std::move(commit)});
  track.bodies.push_back(std::move(body));
  return position;
}

Bodies rechained(const Bodies& bodies) {
  Bodies chained;
  eventstore::Hash last{};
  for (const std::string& body : bodies) {
    auto commit = eventstore::decode(body);
    CHECK(commit.ok());
    commit.value().prev = last;
    eventstore::encode(commit.value(), chained.emplace_back());
    last = eventstore::hash_of(chained.back());
  }
  return chained;
}

}  // namespace cassette::testing
