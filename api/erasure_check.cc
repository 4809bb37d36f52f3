// ErasureCheck: a walk over the timeline of erasures.
#include "api/erasure_check.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include <spdlog/spdlog.h>

#include "domain/customer.h"
#include "eventstore/json_read.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Stored;
using eventstore::StoreError;

constexpr std::size_t kPage = 200;
// While the ledger's server is away: five minutes, which is longer than it takes to come back.
constexpr int kMaxAttempts = 30;
constexpr std::chrono::seconds kPause{10};

struct ErasedEvent {
  domain::CustomerId customer_id;

  static void fields(auto& self, auto&& visit) { visit("customerId", self.customer_id); }
};

Stored<Done> check_one(std::string_view event, Keyring& keyring, ErasureReport& report) {
  ErasedEvent erased;
  if (!eventstore::read_json(event, erased)) {
    return Failure{StoreError{StoreError::Kind::Corrupt, "an erasure in the timeline is no JSON"}};
  }
  const std::string subject = "customer:" + erased.customer_id.value;
  const auto destroyed = keyring.is_destroyed(subject);
  if (!destroyed) return Failure{destroyed.error()};
  ++report.erased;
  if (destroyed.value()) return keyring.scrub(subject);
  ++report.finished;
  return keyring.destroy(subject);
}

void run(projections::ReadModels& models, Keyring& keyring, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  for (int attempt = 1; attempt <= kMaxAttempts && !stop.stop_requested(); ++attempt) {
    const auto report = check_erasures(models, keyring, stop);
    if (report) {
      spdlog::info("of {} erased customers {} had a key left, which is destroyed now",
                   report.value().erased, report.value().finished);
      return;
    }
    spdlog::warn("erased customers could not be checked, attempt {} of {}: {}", attempt,
                 kMaxAttempts, report.error().what);
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, kPause, [] { return false; });
  }
  if (!stop.stop_requested()) {
    spdlog::error("erased customers were not checked for keys; the next start tries again");
  }
}

}  // namespace

Stored<ErasureReport> check_erasures(projections::ReadModels& models, Keyring& keyring,
                                     const std::stop_token& stop) {
  projections::ListQuery query;
  query.list = projections::ListQuery::List::Timeline;
  query.event_type = domain::CustomerErased::type;
  query.limit = kPage;
  ErasureReport report;
  do {
    auto page = models.list(query);
    if (!page) return Failure{page.error()};
    for (const std::string& event : page.value().items) {
      if (stop.stop_requested()) return report;
      if (auto checked = check_one(event, keyring, report); !checked) {
        return Failure{checked.error()};
      }
    }
    query.after = std::move(page.value().next);
  } while (!query.after.empty());
  return report;
}

ErasureCheck::ErasureCheck(projections::ReadModels& models, Keyring& keyring)
    : thread_([&models, &keyring](const std::stop_token& stop) { run(models, keyring, stop); }) {}

}  // namespace cassette::api
