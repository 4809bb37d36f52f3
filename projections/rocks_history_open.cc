// Opens a history, to fold it or to read what another process folds.
#include <spdlog/spdlog.h>

#include "projections/history.h"
#include "projections/projector.h"
#include "projections/rocks_history_writer.h"

namespace cassette::projections {
namespace {

// Nobody waits for the newest commit's history, but a few auditors, who hurry it: large batches
// change a document once where small ones do it twice.
constexpr std::chrono::milliseconds kHistoryPatience{200};
// Between two looks of a reader that waits at what the other process has written.
constexpr std::chrono::milliseconds kLookAgain{20};

// Reads of a history, whoever writes it.
class Reading : public History {
 public:
  Reading(std::shared_ptr<RocksHistory> history, std::uint32_t partitions)
      : history_(std::move(history)), partitions_(partitions) {}

  Stored<std::optional<Document>> get(Model model, std::string_view key,
                                      std::uint64_t commit) override {
    auto value = history_->version_at(model, key, commit);
    if (!value) return Failure{std::move(value).error()};
    if (!value.value()) return std::optional<Document>();
    auto document = document_of(*std::move(value).value());
    if (!document) return history_->corrupt("unreadable document " + std::string(key));
    return document;
  }
  Stored<std::vector<std::uint64_t>> changes(Model model, std::string_view key, std::uint64_t after,
                                             std::uint64_t until) override {
    return history_->changes(model, key, after, until);
  }
  Stored<std::uint64_t> last_commit_at(std::uint32_t partition, domain::Timestamp at) override {
    return history_->last_commit_at(partition, at);
  }
  Stored<std::vector<ModelPoint>> points() override { return history_->points(partitions_); }

 protected:
  RocksHistory& history() { return *history_; }

 private:
  std::shared_ptr<RocksHistory> history_;
  const std::uint32_t partitions_;
};

class Folded : public Reading {
 public:
  Folded(std::shared_ptr<RocksHistory> history, std::uint32_t partitions,
         std::shared_ptr<Progress> progress, std::unique_ptr<Projector> projector)
      : Reading(std::move(history), partitions),
        progress_(std::move(progress)),
        projector_(std::move(projector)) {}

  bool wait_for(std::span<const Position> positions, std::chrono::milliseconds timeout) override {
    return projector_->drain_to(positions, timeout);
  }
  std::optional<std::string> failure() const override {
    const std::optional<StoreError> error = progress_->failure();
    if (!error) return std::nullopt;
    return error->what;
  }

 private:
  std::shared_ptr<Progress> progress_;
  std::unique_ptr<Projector> projector_;
};

// Catches up when it is asked how far it is.
class Followed : public Reading {
 public:
  using Reading::Reading;

  Stored<std::vector<ModelPoint>> points() override {
    const std::lock_guard lock(mutex_);
    const Stored<Done> caught_up = history().catch_up();
    if (!caught_up) return Failure{caught_up.error()};
    return Reading::points();
  }
  bool wait_for(std::span<const Position> positions, std::chrono::milliseconds timeout) override {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    std::mutex never;
    std::unique_lock lock(never);
    std::condition_variable pause;
    while (!reached(positions)) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      pause.wait_for(lock, kLookAgain);
    }
    return true;
  }
  std::optional<std::string> failure() const override { return std::nullopt; }

 private:
  bool reached(std::span<const Position> positions) {
    const auto now = points();
    if (!now) return false;
    return std::ranges::all_of(positions, [&](const Position& each) {
      return each.partition < now.value().size() &&
             now.value()[each.partition].commit >= each.commit;
    });
  }

  std::mutex mutex_;
};

Stored<std::unique_ptr<History>> fold_in(const std::filesystem::path& folder,
                                         const std::vector<eventstore::Ledger*>& ledgers) {
  const auto partitions = static_cast<std::uint32_t>(ledgers.size());
  auto opened = RocksHistory::open_primary(folder.string());
  if (!opened) return Failure{std::move(opened).error()};
  std::shared_ptr<RocksHistory> history = std::move(opened).value();
  auto writer = RocksHistoryWriter::open(history, partitions);
  if (!writer) return Failure{std::move(writer).error()};
  auto progress = std::make_shared<Progress>(positions_of(writer.value()->points()));
  ProjectorOptions options;
  options.patience = kHistoryPatience;
  options.yields = true;
  auto projector =
      Projector::start(ledgers, std::move(writer).value(), progress, std::move(options));
  if (!projector) return Failure{std::move(projector).error()};
  return std::unique_ptr<History>(std::make_unique<Folded>(
      std::move(history), partitions, std::move(progress), std::move(projector).value()));
}

}  // namespace

Stored<std::unique_ptr<History>> open_history(const std::filesystem::path& folder,
                                              const std::vector<eventstore::Ledger*>& ledgers) {
  auto opened = fold_in(folder, ledgers);
  if (opened || opened.error().kind != StoreError::Kind::Unsupported) return opened;
  spdlog::warn("{}; it is folded anew", opened.error().what);
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (error) {
    return Failure{StoreError{StoreError::Kind::Unavailable,
                              "can't remove " + folder.string() + ": " + error.message()}};
  }
  return fold_in(folder, ledgers);
}

Stored<std::unique_ptr<History>> open_history_reader(const std::filesystem::path& folder,
                                                     const std::filesystem::path& scratch) {
  const Failure nothing{StoreError{StoreError::Kind::Unavailable,
                                   "there is no history in " + folder.string() + " yet"}};
  std::error_code error;
  if (!std::filesystem::exists(folder / "CURRENT", error)) return nothing;
  std::filesystem::create_directories(scratch, error);
  auto opened = RocksHistory::open_secondary(folder.string(), scratch.string());
  if (!opened) return Failure{std::move(opened).error()};
  std::shared_ptr<RocksHistory> history = std::move(opened).value();
  const auto meta = history->meta();
  if (!meta) return Failure{meta.error()};
  if (!meta.value()) return nothing;
  if (meta.value()->schema != kHistorySchema) {
    return Failure{StoreError{StoreError::Kind::Unsupported,
                              "the history " + folder.string() + " is of another version"}};
  }
  return std::unique_ptr<History>(
      std::make_unique<Followed>(std::move(history), meta.value()->partitions));
}

}  // namespace cassette::projections
