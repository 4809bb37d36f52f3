// Process: one `cassette up` of the simulation: engines, their tails, archives and leases, and a
// projector, wired as the composition root does. It can be killed at any moment, and start again
// with what its disk has.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "eventstore/engine_host.h"
#include "projections/projector.h"
#include "tests/simulation/flaky_key_value.h"
#include "tests/simulation/flaky_ledger.h"
#include "tests/simulation/world.h"

namespace cassette::sim {

class Process {
 public:
  // `world` outlives it.
  Process(World& world, ProcessId id) : world_(world), id_(id) {}

  ProcessId id() const { return id_; }
  // Begins a life; the one before has to be over.
  void start();
  // Ends it where it stands.
  void crash();
  // Lets it stop by itself, and waits for that.
  void stop();
  bool alive() const { return alive_; }

  // Hands the wish to its engines as soon as it gets to that, and calls `done` with the answer, if
  // one ever comes. `done` is run by the process's own threads.
  void send(const Wish& wish, std::function<void(const eventstore::Reply&)> done);

  // Every partition is served by it and the read models stand at `positions`.
  bool serves(std::uint32_t partition) const;
  bool projected(const std::vector<eventstore::Position>& positions) const;
  // What keeps it from serving, for whoever reads a stall.
  std::string trouble() const;
  std::vector<eventstore::EngineHealth> health() const;

 private:
  struct Life;

  void live();
  void launch(Life& life);
  void project(Life& life);
  void watch(const Life& life) const;
  void submit(Life& life, const Wish& wish, std::function<void(const eventstore::Reply&)> done);
  void answer(Attempt& attempt, const Life& life, eventstore::Reply reply);

  World& world_;
  const ProcessId id_;
  bool alive_ = false;
  bool stopping_ = false;
  Life* life_ = nullptr;  // the present one's; a life that was killed is never freed
  std::deque<std::function<void(Life&)>> mail_;
};

}  // namespace cassette::sim
