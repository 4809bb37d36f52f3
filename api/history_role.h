// HistoryRole: the history of documents in `up`. It is opened and folded beside everything else,
// and nobody waits for it: until it is there, and where it can't be, reads say why.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "projections/history.h"

namespace cassette::api {

// Thread-safe.
class HistoryRole : public projections::History {
 public:
  // Does nothing yet. `ledgers`, in the order of partitions, outlive it.
  HistoryRole(std::filesystem::path folder, std::vector<eventstore::Ledger*> ledgers);
  ~HistoryRole() override;

  // Opens the history on a thread of its own, and again after a while when somebody else has it.
  void begin();
  // Folds no more; what is folded can be read on.
  void stop();

  // Each is Unavailable, with the reason, while there is no history.
  eventstore::Stored<std::optional<projections::Document>> get(projections::Model model,
                                                               std::string_view key,
                                                               std::uint64_t commit) override;
  eventstore::Stored<std::vector<std::uint64_t>> changes(projections::Model model,
                                                         std::string_view key, std::uint64_t after,
                                                         std::uint64_t until) override;
  eventstore::Stored<std::uint64_t> last_commit_at(std::uint32_t partition,
                                                   domain::Timestamp at) override;
  eventstore::Stored<std::vector<projections::ModelPoint>> points() override;
  bool wait_for(std::span<const eventstore::Position> positions,
                std::chrono::milliseconds timeout) override;
  std::optional<std::string> failure() const override;

 private:
  using Opened = std::shared_ptr<projections::History>;

  void run(const std::stop_token& stop);
  Opened opened() const;
  Failure<eventstore::StoreError> absent() const;

  const std::filesystem::path folder_;
  const std::vector<eventstore::Ledger*> ledgers_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Opened opened_;    // null: not yet
  std::string why_;  // it is not there
  std::jthread thread_;
};

}  // namespace cassette::api
