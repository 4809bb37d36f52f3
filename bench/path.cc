// path: where an order's time goes, one stage after another on one core, with nothing beside it.
#include <chrono>
#include <filesystem>

#include <fmt/format.h>

#include "bench/benches.h"
#include "bench/market.h"
#include "bench/no_archive.h"
#include "bench/workload.h"
#include "eventstore/codec.h"
#include "eventstore/rocks_archive.h"
#include "eventstore/working_state.h"
#include "projections/rocks_writer.h"

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;
using eventstore::StoredCommit;

constexpr std::uint32_t kItems = 10'000;
constexpr std::size_t kOrdersACommit = 256;

// Decides batches of orders and carries them through what comes after, timing each stage.
class Path {
 public:
  explicit Path(Shape shape) : orders_(make_orders(Spread::Even, shape, kItems, 100'000)) {
    for (domain::Command& command : fill_commands(kItems)) {
      if (!batch_) open();
      decide(std::move(command), "");
      if (batch_->bytes > 256 * 1024) commit();
    }
    commit();
    spent_ = {};
  }

  struct Spent {
    double decide = 0, encode = 0, hash = 0, decode = 0, archive = 0, project = 0;  // seconds
    std::size_t orders = 0;
    std::size_t bytes = 0;
  };

  // `count` orders through every stage.
  Spent run(std::size_t count) {
    spent_ = {};
    while (spent_.orders < count) {
      std::vector<domain::PlaceOrder> commands;
      for (std::size_t i = 0; i < kOrdersACommit; ++i) {
        const std::string id = fmt::format("order-{}", number_);
        commands.push_back(place_order(id, orders_[number_++ % orders_.size()]));
      }
      timed(spent_.decide, [&] {
        open();
        for (auto& command : commands) {
          const std::string id = command.order_id.value;
          decide(std::move(command), id);
        }
        state_.close(*batch_);
      });
      spent_.orders += kOrdersACommit;
      commit();
    }
    return spent_;
  }

 private:
  static void timed(double& seconds, auto&& work) {
    const Clock::time_point start = Clock::now();
    work();
    seconds += std::chrono::duration<double>(Clock::now() - start).count();
  }

  void open() {
    batch_ = state_.open_batch({1'790'000'000'000'000});
    if (head_.commit > 0) return;
    const domain::LedgerCreated created{"bench", 1, 0, "xxh3-64"};
    batch_->commit.events.push_back({created, {}, "", {}});
    batch_->events_text.take(batch_->commit);
    batch_->events_text.release(batch_->commit);
  }

  void decide(domain::Command command, std::string id) {
    eventstore::Request request;
    request.command = std::move(command);
    request.id = std::move(id);
    request.digest = "AAAAAAAAAAAAAAAAAAAAAA";
    request.status = 201;
    request.by = "customer:customer-1";
    state_.decide({std::move(request), {}}, *batch_);
  }

  void commit() {
    batch_->commit.prev = head_.hash;
    batch_->commit.owner = "bench";
    std::string body;
    timed(spent_.encode, [&] { eventstore::encode(batch_->commit, batch_->events_text, body); });
    spent_.bytes += body.size();
    eventstore::Hash hash;
    timed(spent_.hash, [&] { hash = eventstore::hash_of(body); });
    head_ = {head_.read + 1, head_.read + 1, hash};
    StoredCommit stored{{0, head_.commit}, hash, body.size(), {}};
    timed(spent_.decode, [&] {
      auto decoded = eventstore::decode(body);
      if (!decoded.ok()) give_up(decoded.error().what);
      stored.commit = std::move(decoded).value();
    });
    state_.committed(*batch_, head_.commit);
    std::vector<StoredCommit> commits{std::move(stored)};
    timed(spent_.archive, [&] {
      must(archive_->fold(commits, {head_, commits[0].commit.at, {}}));
    });
    timed(spent_.project, [&] {
      must(writer_->fold(commits[0]));
      must(writer_->write());
    });
    state_.forget_archived(head_.commit);
    batch_.reset();
  }

  const std::vector<Items> orders_;
  Scratch scratch_;
  NoArchive none_;
  eventstore::WorkingState state_{{}, none_};
  std::unique_ptr<eventstore::RocksArchive> archive_ =
      must(eventstore::RocksArchive::open((scratch_.path() / "archive").string(), {}));
  std::unique_ptr<projections::RocksWriter> writer_ =
      must(projections::RocksWriter::open(must(projections::RocksDatabase::open_primary(
                                              (scratch_.path() / "models").string(), 64 << 20)),
                                          1));
  std::optional<eventstore::Batch> batch_;
  eventstore::ChainHead head_;
  std::uint64_t number_ = 0;
  Spent spent_;
};

}  // namespace

void run_path(const Settings& settings, Report& report) {
  report.begin("path",
               {"one thread, nothing beside it; commits of 256 orders; microseconds an order",
                "archive and project include their RocksDB writes"});
  for (const Shape shape : {Shape::OneLine, Shape::FourLines}) {
    Path path(shape);
    Samples decide, encode, hash, decode, archive, project;
    double bytes = 0;
    for (int round = 0; round < settings.rounds; ++round) {
      const Path::Spent spent = path.run(settings.quick ? 5'000 : 50'000);
      const auto orders = static_cast<double>(spent.orders);
      decide.ours.push_back(spent.decide * 1e6 / orders);
      encode.ours.push_back(spent.encode * 1e6 / orders);
      hash.ours.push_back(spent.hash * 1e6 / orders);
      decode.ours.push_back(spent.decode * 1e6 / orders);
      archive.ours.push_back(spent.archive * 1e6 / orders);
      project.ours.push_back(spent.project * 1e6 / orders);
      bytes = static_cast<double>(spent.bytes) / orders;
    }
    const std::string name(name_of(shape));
    report.add(name + "/decide", "us/order", decide);
    report.add(name + "/encode", "us/order", encode);
    report.add(name + "/hash", "us/order", hash);
    report.add(name + "/decode", "us/order", decode);
    report.add(name + "/archive", "us/order", archive);
    report.add(name + "/project", "us/order", project);
    report.remark(fmt::format("{}: {:.0f} bytes an order", name, bytes));
  }
}

}  // namespace cassette::bench
