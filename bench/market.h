// Market: an engine on a real nats-server in a folder of the bench's own, with nothing in front of
// it. It runs what it is told and times nothing.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "eventstore/engine_host.h"
#include "eventstore/jetstream_connection.h"
#include "eventstore/nats_server.h"
#include "projections/projection.h"

namespace cassette::bench {

// Removed with all it holds: with the object, or when the bench gives up.
class Scratch {
 public:
  // Below $TMPDIR, or /tmp.
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// What came of a call that has to work for the bench to mean anything: ends the bench when it did
// not, with the reason.
[[noreturn]] void give_up(const std::string& why);
template <class T>
T must(eventstore::Stored<T> result) {
  if (!result.ok()) give_up(result.error().what);
  return std::move(result).value();
}

struct MarketOptions {
  bool fsync = true;
  bool follow = false;  // with the archive on disk and the read models
};

// How much was appended since the market was made.
struct Appended {
  std::uint64_t commits = 0;
  std::uint64_t bytes = 0;  // of bodies
};

class Market {
 public:
  explicit Market(const MarketOptions& options);
  ~Market();
  Market(const Market&) = delete;
  Market& operator=(const Market&) = delete;

  eventstore::CommandGateway& gateway() { return *engines_; }
  eventstore::Ledger& ledger();
  Appended appended() const;

  // Runs commands that must be accepted, many at a time, and waits for all.
  void run(std::vector<domain::Command> commands);
  // Waits until archive and read models, if it has them, hold all that was acknowledged.
  void catch_up();

 private:
  class CountingLedger;

  const MarketOptions options_;
  Scratch scratch_;
  std::unique_ptr<eventstore::NatsServer> server_;
  std::unique_ptr<eventstore::JetStreamConnection> connection_;
  std::unique_ptr<eventstore::KeyValue> leases_;
  std::unique_ptr<CountingLedger> ledger_;
  std::unique_ptr<eventstore::Archive> archive_;
  std::unique_ptr<projections::Projection> projection_;
  std::unique_ptr<eventstore::EngineHost> engines_;
};

}  // namespace cassette::bench
