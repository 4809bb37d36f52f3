// Projection: the read models below one folder, served and kept up with the ledgers. It opens the
// current generation, folds into it, and builds the next one beside it when asked.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "projections/change_listener.h"
#include "projections/generations.h"
#include "projections/projector.h"
#include "projections/rocks_read_models.h"

namespace cassette::projections {

using eventstore::Done;

struct ProjectionOptions {
  std::filesystem::path folder;              // holds the generations and CURRENT
  std::vector<eventstore::Ledger*> ledgers;  // in the order of partitions; outlive the projection
  ChangeListener* listener = nullptr;        // outlives the projection; null: nobody is told
  // As ProjectorOptions::folded, from the threads of two generations while one is built anew.
  std::function<void(const eventstore::StoredCommit&)> folded{};
};

// Thread-safe.
class Projection {
 public:
  // Opens the current generation, or the first one, and starts to fold. One of another schema is
  // left as it is, and a new generation takes its place, empty until it is folded. Failures:
  // Mismatch when a ledger is not the one folded, Unavailable when another process projects here,
  // Corrupt, Full.
  static Stored<std::unique_ptr<Projection>> open(ProjectionOptions options);
  ~Projection();
  Projection(const Projection&) = delete;
  Projection& operator=(const Projection&) = delete;

  ReadModels& models() { return *served_; }
  std::uint64_t generation() const;

  // Builds a new generation from the ledgers alone while the present one serves, puts it in its
  // place once it has come as far, and removes the old one when nobody reads it. Blocks. When it
  // fails the old one goes on.
  // Unavailable when `stop` is asked for first.
  Stored<Done> rebuild(const std::stop_token& stop);

  // Waits until every position is folded; false when `timeout` passed first, or folding stopped.
  bool drain_to(std::span<const Position> positions, std::chrono::milliseconds timeout);

  // Folds no more, and follows no other process's generation; the models are served on.
  void stop();

 private:
  struct Running;

  explicit Projection(ProjectionOptions options);
  Stored<std::unique_ptr<Running>> run(std::uint64_t number) const;
  Stored<std::unique_ptr<Running>> run_new();
  Stored<std::unique_ptr<Running>> run_current();
  Stored<Done> replace(std::unique_ptr<Running> next, bool make_current,
                       const std::stop_token& stop);
  std::shared_ptr<Running> running() const;
  void tell_of(const Running& served) const;
  void watch(const std::stop_token& stop);
  void follow_current(const std::stop_token& stop);

  const ProjectionOptions options_;
  Generations generations_;
  std::unique_ptr<RocksReadModels> served_;
  std::mutex changing_;       // one replacement at a time
  mutable std::mutex mutex_;  // of `running_`
  std::shared_ptr<Running> running_;
  std::jthread watcher_;
};

// Folds the ledgers into the empty or begun generation in `folder`, up to `until`, and closes it.
// The caller is told how far it is by `progress`, from this thread. Blocks. Unavailable when `stop`
// is asked for first.
Stored<Done> fold_up_to(const std::filesystem::path& folder,
                        const std::vector<eventstore::Ledger*>& ledgers,
                        const std::vector<Position>& until, const std::stop_token& stop,
                        const std::function<void(const std::vector<Position>&)>& progress);

// ReadModels of another process's projection: follows what it writes and which generation is
// current. `scratch` is a folder of this reader's own. Unavailable when there is nothing yet.
Stored<std::unique_ptr<ReadModels>> open_reader(const std::filesystem::path& folder,
                                                const std::filesystem::path& scratch);

}  // namespace cassette::projections
