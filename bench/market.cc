// Market: the parts, joined as `cassette up` joins them.
#include "bench/market.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <semaphore>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "api/identity/ids.h"
#include "bench/ledger_decorator.h"
#include "bench/no_archive.h"
#include "eventstore/lease.h"
#include "eventstore/rocks_archive.h"

namespace cassette::bench {
namespace {

using eventstore::Stored;

// Between two looks at whether the followers have come up.
constexpr std::chrono::milliseconds kLook{1};
// Commands under way while a market is filled.
constexpr std::ptrdiff_t kFillWindow = 4096;

void remove_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

// The scratch folders there are: an exit removes those that no destructor does.
class Scratches {
 public:
  static Scratches& all() {
    static Scratches scratches;
    return scratches;
  }
  ~Scratches() { std::ranges::for_each(paths_, remove_folder); }

  void add(const std::filesystem::path& path) {
    const std::scoped_lock lock(mutex_);
    paths_.insert(path);
  }
  void remove(const std::filesystem::path& path) {
    remove_folder(path);
    const std::scoped_lock lock(mutex_);
    paths_.erase(path);
  }

 private:
  std::mutex mutex_;
  std::set<std::filesystem::path> paths_;
};

}  // namespace

// Counts what is appended.
class Market::CountingLedger : public LedgerDecorator {
 public:
  using LedgerDecorator::LedgerDecorator;

  Appended appended() const { return {commits_, bytes_}; }

 private:
  void stored(std::string_view body) override {
    commits_ += 1;
    bytes_ += body.size();
  }

  std::atomic<std::uint64_t> commits_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

void give_up(const std::string& why) {
  fmt::print(stderr, "bench: {}\n", why);
  std::exit(2);
}

Scratch::Scratch() {
  std::string name = (std::filesystem::temp_directory_path() / "cassette-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) give_up("no temporary folder can be made");
  path_ = name;
  Scratches::all().add(path_);
}

Scratch::~Scratch() {
  Scratches::all().remove(path_);
}

Market::Market(const MarketOptions& options) : options_(options) {
  eventstore::NatsServerOptions server;
  server.folder = scratch_.path() / "nats";
  server.sync_always = options.fsync;
  server_ = must(eventstore::NatsServer::start(server));
  connection_ = must(eventstore::JetStreamConnection::connect({.url = server_->endpoint().url}));
  must(connection_->create_ledger_stream(0, {}));
  leases_ = must(connection_->create_bucket(eventstore::kLeaseBucket, {.erase_replaced = false}));
  ledger_ = std::make_unique<CountingLedger>(connection_->ledger(0));
  if (options.follow) {
    archive_ = must(eventstore::RocksArchive::open((scratch_.path() / "archive").string(), {}));
    projection_ =
        must(projections::Projection::open({scratch_.path() / "models", {ledger_.get()}}));
  } else {
    archive_ = std::make_unique<NoArchive>();
  }
  eventstore::EngineHostOptions host;
  host.ledger_id = api::uuid_v7(api::wall_clock());
  host.self = {host.ledger_id, host.ledger_id, 0};
  eventstore::EngineHostParts parts{
      {ledger_.get()}, {archive_.get()}, *leases_, api::wall_clock, [] {
        return api::uuid_v7(api::wall_clock());
      }};
  engines_ = std::make_unique<eventstore::EngineHost>(std::move(host), std::move(parts));
  while (engines_->claiming()) std::this_thread::sleep_for(kLook);
}

Market::~Market() = default;

eventstore::Ledger& Market::ledger() {
  return *ledger_;
}

Appended Market::appended() const {
  return ledger_->appended();
}

void Market::run(std::vector<domain::Command> commands) {
  std::counting_semaphore<> window(kFillWindow);
  for (domain::Command& command : commands) {
    window.acquire();
    eventstore::Request request;
    request.command = std::move(command);
    engines_->submit(std::move(request), [&window](const eventstore::Reply& reply) {
      if (!std::holds_alternative<eventstore::Accepted>(reply)) give_up("a command was refused");
      window.release();
    });
  }
  for (std::ptrdiff_t i = 0; i < kFillWindow; ++i) window.acquire();
}

void Market::catch_up() {
  const std::uint64_t head = engines_->heads().at(0).commit;
  while (options_.follow && archive_->folded() < head) std::this_thread::sleep_for(kLook);
  if (projection_) {
    const eventstore::Position position{0, head};
    while (!projection_->drain_to({&position, 1}, std::chrono::seconds(1))) {
      if (const auto failure = projection_->models().failure()) give_up(*failure);
    }
  }
}

}  // namespace cassette::bench
