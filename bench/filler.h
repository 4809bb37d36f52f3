// Filler: an engine on a data folder laid out as `cassette up` lays it out, so that a marketplace
// of any size is there without a request. It times nothing, and folds no read models.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <semaphore>
#include <string>

#include "domain/commands.h"
#include "eventstore/data_folder.h"
#include "eventstore/engine_host.h"
#include "eventstore/jetstream_connection.h"
#include "eventstore/nats_server.h"

namespace cassette::bench {

// One partition, no fsync: since what is measured reads it.
// One thread uses it. `cassette up` may run on the folder before and after, not meanwhile.
class Filler {
 public:
  // Makes the folder, or goes on in it.
  explicit Filler(const std::filesystem::path& data);
  // Waits for all that was submitted; the archive has it then.
  ~Filler();
  Filler(const Filler&) = delete;
  Filler& operator=(const Filler&) = delete;

  // Must be accepted: ends the bench when it is not. Commands are decided in the order given, many
  // in a commit; `id` is remembered with it unless it is empty. Blocks while too many are under
  // way.
  void submit(domain::Command command, const std::string& id = "");
  // Waits until all that was submitted is acknowledged.
  void settle();

  // Events appended by this filler and acknowledged, its claim included.
  std::uint64_t events() const;

 private:
  class EventCounter;

  std::unique_ptr<eventstore::DataFolder> data_;
  std::unique_ptr<eventstore::NatsServer> server_;
  std::unique_ptr<eventstore::JetStreamConnection> connection_;
  std::unique_ptr<eventstore::KeyValue> leases_;
  std::unique_ptr<EventCounter> ledger_;
  std::unique_ptr<eventstore::Archive> archive_;
  std::unique_ptr<eventstore::EngineHost> engines_;
  std::counting_semaphore<> window_;
};

// The bytes of all files below `folder`.
std::uint64_t bytes_below(const std::filesystem::path& folder);

}  // namespace cassette::bench
