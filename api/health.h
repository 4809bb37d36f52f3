// Health: whether this process can do its work, from what its parts say of themselves.
#pragma once

#include <atomic>

#include "api/http/services.h"
#include "eventstore/durability.h"
#include "eventstore/engine_host.h"
#include "projections/read_models.h"

namespace cassette::api {

// Thread-safe. Borrows its sources.
class Health : public HealthSource {
 public:
  Health(eventstore::Durability durability, const eventstore::EngineHost& engines,
         const projections::ReadModels& models)
      : durability_(durability), engines_(engines), models_(models) {}

  HealthReport report() const override;

  // The read models have come as far as the head found at the start.
  void set_ready() { caught_up_ = true; }

 private:
  const eventstore::Durability durability_;
  const eventstore::EngineHost& engines_;
  const projections::ReadModels& models_;
  std::atomic<bool> caught_up_{false};
};

}  // namespace cassette::api
