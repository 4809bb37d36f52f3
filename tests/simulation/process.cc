// Process: its main fiber wires it up, takes in what clients send, and watches over it.
#include "tests/simulation/process.h"

#include <utility>

#include <fmt/format.h>

#include "tests/simulation/answers.h"
#include "tests/simulation/verdict.h"

namespace cassette::sim {

using eventstore::EngineHealth;
using eventstore::EngineHost;
using eventstore::EngineHostOptions;
using eventstore::EngineHostParts;
using eventstore::Ledger;
using eventstore::Position;
using eventstore::Reply;
using eventstore::StoreError;
using projections::Progress;
using projections::Projector;

namespace {

// How often a process looks after itself while it has no mail.
constexpr Nanos kWatch = 300 * kMillisecond;
constexpr std::chrono::seconds kStopPatience{60};

domain::Policy policy_of(const Plan& plan) {
  domain::Policy policy;
  policy.reservation_max_seconds = plan.reservation_seconds;
  return policy;
}

}  // namespace

// Borrowed parts first: the host and the projector go before them.
struct Process::Life {
  std::vector<std::unique_ptr<FlakyLedger>> ledgers;
  std::unique_ptr<FlakyKeyValue> leases;
  std::unique_ptr<EngineHost> host;
  std::shared_ptr<Progress> progress;
  std::unique_ptr<Projector> projector;

  std::vector<Ledger*> borrowed() const {
    std::vector<Ledger*> all;
    for (const auto& ledger : ledgers) all.push_back(ledger.get());
    return all;
  }
};

void Process::start() {
  alive_ = true;
  stopping_ = false;
  mail_.clear();
  for (const auto& archive : world_.disks[id_].archives) archive->reopen();
  life_ = std::make_unique<Life>().release();
  spawn(id_, [this] { live(); });
}

void Process::crash() {
  kill(id_);
  for (Attempt& attempt : world_.history.attempts) {
    attempt.lost = attempt.lost || (attempt.process == id_ && !attempt.answered);
  }
  alive_ = false;
  life_ = nullptr;
}

void Process::stop() {
  stopping_ = true;
  wake_all(&mail_);
  block_until(this, [this] { return !alive_; });
}

void Process::live() {
  Life& life = *life_;
  launch(life);
  while (!stopping_) {
    project(life);
    watch(life);
    if (mail_.empty()) block(&mail_, now() + kWatch);
    while (!mail_.empty() && !stopping_) {
      const auto letter = std::move(mail_.front());
      mail_.pop_front();
      letter(life);
    }
  }
  const bool drained = life.host->stop(kStopPatience);
  if (!drained && world_.weather.calm() && !world_.may_be_unsound) {
    wrong(fmt::format("process {} stops, and its archives are not up to its ledgers", id_));
  }
  life.projector.reset();
  life.host.reset();
  std::unique_ptr<Life>(std::exchange(life_, nullptr)).reset();
  alive_ = false;
  wake_all(this);
}

void Process::launch(Life& life) {
  EngineHostOptions options;
  options.policy = policy_of(world_.plan);
  options.ledger_id = "simulated";
  options.self.owner = fmt::format("host-{}-{}", id_, world_.owners++);
  options.self.node = fmt::format("node-{}", id_);
  options.node_is_ours = true;
  options.take_over = world_.plan.take_over && !world_.weather.calm();
  options.limits = world_.plan.limits;
  life.leases = std::make_unique<FlakyKeyValue>(world_.leases, world_.weather, id_);
  for (const auto& ledger : world_.ledgers) {
    life.ledgers.push_back(std::make_unique<FlakyLedger>(*ledger, world_.weather, id_));
  }
  EngineHostParts parts{life.borrowed(),
                        {},
                        *life.leases,
                        [this] { return world_.clock_of(id_); },
                        [this] { return fmt::format("owner-{}-{}", id_, world_.owners++); }};
  for (const auto& archive : world_.disks[id_].archives) parts.archives.push_back(archive.get());
  life.host = std::make_unique<EngineHost>(std::move(options), std::move(parts));
}

// A projector that has no connection at its start is tried again; one that stops does so for good.
void Process::project(Life& life) {
  if (life.projector) return;
  auto writer = world_.disks[id_].models->writer(world_.weather);
  std::vector<Position> positions;
  for (std::uint32_t p = 0; p < world_.plan.partitions; ++p) {
    positions.push_back({p, writer->points()[p].commit});
  }
  life.progress = std::make_shared<Progress>(positions);
  auto started = Projector::start(life.borrowed(), std::move(writer), life.progress);
  if (started.ok()) {
    life.projector = std::move(started).value();
  } else if (started.error().kind != StoreError::Kind::Unavailable && !world_.may_be_unsound) {
    wrong("the projector can't start: " + started.error().what);
  }
}

// Nothing here is unsound unless an archive is torn, or somebody changed a ledger.
void Process::watch(const Life& life) const {
  if (world_.may_be_unsound) return;
  if (life.projector) {
    if (const auto failure = life.progress->failure()) {
      wrong(fmt::format("the projector of process {} has stopped: {}", id_, failure->what));
    }
  }
  for (const EngineHealth& each : life.host->health()) {
    if (!each.unsound || world_.disks[id_].archives[each.partition]->torn()) continue;
    wrong(fmt::format("process {} takes ledger {} for unsound: {}", id_, each.partition,
                      each.trouble));
  }
}

void Process::send(const Wish& wish, std::function<void(const Reply&)> done) {
  if (!alive_) return;
  mail_.push_back([this, &wish, done = std::move(done)](Life& life) { submit(life, wish, done); });
  wake_all(&mail_);
}

void Process::submit(Life& life, const Wish& wish, std::function<void(const Reply&)> done) {
  Attempt& attempt = world_.history.attempts.emplace_back();
  attempt.wish = &wish;
  attempt.process = id_;
  attempt.floor = world_.history.told[wish.partition];
  eventstore::Request request;
  request.command = wish.command;
  request.id = wish.id;
  request.digest = wish.digest;
  request.status = wish.status;
  request.by = "admin";
  life.host->submit(std::move(request),
                    [this, &attempt, &life, done = std::move(done)](Reply reply) {
                      answer(attempt, life, std::move(reply));
                      done(attempt.reply);
                    });
}

void Process::answer(Attempt& attempt, const Life& life, Reply reply) {
  if (attempt.answered) wrong(fmt::format("wish {} is answered twice", attempt.wish->number));
  attempt.answered = true;
  attempt.reply = std::move(reply);
  attempt.latest = world_.latest_clock;
  const std::uint32_t partition = attempt.wish->partition;
  {
    const Shield shield;
    attempt.ceiling = world_.ledgers[partition]->last_sequence().value();
  }
  trace(attempt.wish->number << 8 | attempt.reply.index());
  check_answer(world_, attempt, life.ledgers[partition]->acknowledged());
}

bool Process::serves(std::uint32_t partition) const {
  return alive_ && life_ != nullptr && life_->host && life_->host->health()[partition].serving;
}

bool Process::projected(const std::vector<Position>& positions) const {
  if (!alive_ || life_ == nullptr || !life_->projector) return false;
  const std::vector<Position> folded = life_->progress->positions();
  for (const Position& position : positions) {
    if (folded[position.partition].commit < position.commit) return false;
  }
  return true;
}

std::vector<EngineHealth> Process::health() const {
  if (!alive_ || life_ == nullptr || !life_->host) return {};
  return life_->host->health();
}

std::string Process::trouble() const {
  std::string all = fmt::format("process {}{}", id_, alive_ ? "" : " is down");
  for (const EngineHealth& each : health()) {
    all += fmt::format("; {}: {}", each.partition,
                       each.serving ? "serves " + each.trouble : each.trouble);
  }
  return all;
}

}  // namespace cassette::sim
