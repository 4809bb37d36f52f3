// RocksReadModels: answers queries from the generation in use, whichever that is at the moment.
// It reads; the projector, or another process, writes.
#pragma once

#include <memory>
#include <mutex>

#include "projections/progress.h"
#include "projections/read_models.h"

namespace cassette::projections {

class RocksDatabase;

// A generation as it is served: its database, and how far that is. Shared by the requests under
// way, so that it closes with the last of them.
struct ServedModels {
  std::shared_ptr<RocksDatabase> database;
  std::shared_ptr<Progress> progress;
  std::shared_ptr<void> hold;  // keeps the generation's folder from being deleted
};

class RocksReadModels : public ReadModels {
 public:
  explicit RocksReadModels(ServedModels models);

  // From now on queries are answered from `models`. Waits that are under way go on there.
  void serve(ServedModels models);

  Stored<std::optional<Document>> get(Model model, std::string_view key) override;
  Stored<std::vector<std::optional<Document>>> get_many(Model model,
                                                        std::span<const std::string> keys) override;
  Stored<Page> list(const ListQuery& query) override;
  std::vector<Position> positions() const override;
  bool wait_for(std::span<const Position> positions, std::chrono::milliseconds timeout) override;
  std::uint64_t tick() const override;
  std::uint64_t wait_beyond(std::uint64_t tick, std::chrono::milliseconds timeout) override;
  std::optional<std::string> failure() const override;

 private:
  std::shared_ptr<const ServedModels> current() const;

  mutable std::mutex mutex_;  // held only to copy or replace the pointer
  std::shared_ptr<const ServedModels> models_;
};

}  // namespace cassette::projections
