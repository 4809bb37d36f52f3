// Health: whether this process can do its work, from what its parts say of themselves.
#pragma once

#include <atomic>

#include "api/feed_role.h"
#include "api/http/services.h"
#include "eventstore/durability.h"
#include "eventstore/engine_host.h"
#include "projections/read_models.h"

namespace cassette::api {

// Thread-safe. Borrows its sources.
class Health : public HealthSource {
 public:
  Health(eventstore::Durability durability, const eventstore::EngineHost& engines,
         const projections::ReadModels& models, const FeedRole* feed = nullptr)
      : durability_(durability), engines_(engines), models_(models), feed_(feed) {}

  HealthReport report() const override;

  // The read models have come as far as the head found at the start.
  void set_ready() { caught_up_ = true; }

 private:
  const eventstore::Durability durability_;
  const eventstore::EngineHost& engines_;
  const projections::ReadModels& models_;
  const FeedRole* feed_;  // null: somebody else publishes
  std::atomic<bool> caught_up_{false};
};

}  // namespace cassette::api
