// Filler: the parts that append, joined as `cassette up` joins them.
#include "bench/filler.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "api/identity/ids.h"
#include "api/ledger_access.h"
#include "api/ledger_identity.h"
#include "bench/ledger_decorator.h"
#include "bench/market.h"
#include "eventstore/codec.h"
#include "eventstore/lease.h"
#include "eventstore/rocks_archive.h"

namespace cassette::bench {
namespace {

using eventstore::Stored;

// Commands under way: enough for commits of full size.
constexpr std::ptrdiff_t kWindow = 4096;
// Between two looks at whether the engine serves.
constexpr std::chrono::milliseconds kLook{1};
// The archiver is never that far behind.
constexpr std::chrono::minutes kArchiveTimeout{10};

}  // namespace

// Counts the events of what is appended.
class Filler::EventCounter : public LedgerDecorator {
 public:
  using LedgerDecorator::LedgerDecorator;

  std::uint64_t events() const { return events_; }

 private:
  // Our own bytes.
  void stored(std::string_view body) override {
    events_ += eventstore::decode(body).value().events.size();
  }

  std::atomic<std::uint64_t> events_{0};
};

Filler::Filler(const std::filesystem::path& data) : window_(kWindow) {
  const auto new_id = [] { return api::uuid_v7(api::wall_clock()); };
  const api::LedgerSettings settings{data.string(), {}, {}};
  data_ = must(eventstore::DataFolder::open(data, new_id()));
  eventstore::NatsServerOptions server;
  server.folder = api::nats_folder(settings);
  server.sync_always = false;
  server_ = must(eventstore::NatsServer::start(server));
  connection_ = must(eventstore::JetStreamConnection::connect({.url = server_->endpoint().url}));
  const auto bucket =
      must(connection_->create_bucket(api::kLedgerBucket, {.erase_replaced = false}));
  const api::LedgerIdentity identity = must(api::agree_on_ledger(*bucket, new_id(), 1));
  must(connection_->create_ledger_stream(0, {}));
  leases_ = must(connection_->create_bucket(eventstore::kLeaseBucket, {.erase_replaced = false}));
  ledger_ = std::make_unique<EventCounter>(connection_->ledger(0));
  archive_ = must(eventstore::RocksArchive::open(api::archive_folder(settings, 0).string(), {}));
  eventstore::EngineHostOptions host;
  host.ledger_id = identity.ledger_id;
  host.self = {new_id(), data_->node(), 0};
  host.node_is_ours = true;
  eventstore::EngineHostParts parts{
      {ledger_.get()}, {archive_.get()}, *leases_, api::wall_clock, new_id};
  engines_ = std::make_unique<eventstore::EngineHost>(std::move(host), std::move(parts));
  while (engines_->claiming()) std::this_thread::sleep_for(kLook);
}

Filler::~Filler() {
  settle();
  if (!engines_->stop(kArchiveTimeout)) give_up("the archive does not keep up");
}

void Filler::submit(domain::Command command, const std::string& id) {
  window_.acquire();
  eventstore::Request request;
  request.command = std::move(command);
  request.id = id;
  if (!id.empty()) request.digest = "AAAAAAAAAAAAAAAAAAAAAA";
  request.by = "admin";
  engines_->submit(std::move(request), [this](const eventstore::Reply& reply) {
    if (!std::holds_alternative<eventstore::Accepted>(reply)) give_up("a command was refused");
    window_.release();
  });
}

void Filler::settle() {
  for (std::ptrdiff_t i = 0; i < kWindow; ++i) window_.acquire();
  window_.release(kWindow);
}

std::uint64_t Filler::events() const {
  return ledger_->events();
}

std::uint64_t bytes_below(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

}  // namespace cassette::bench
