// Health: engines, read models, feed, durability.
#include "api/health.h"

#include <fmt/format.h>

namespace cassette::api {

HealthReport Health::report() const {
  HealthReport report;
  report.durability = eventstore::name_of(durability_);
  for (const eventstore::EngineHealth& engine : engines_.health()) {
    if (engine.serving) continue;
    report.reasons.push_back(fmt::format("partition {} takes no writes{}: {}", engine.partition,
                                         engine.unsound ? ", and a person must look" : "",
                                         engine.trouble));
  }
  if (const auto failure = models_.failure()) {
    report.reasons.push_back("the read models stand still: " + *failure);
  }
  if (feed_ != nullptr) {
    if (auto failure = feed_->failure()) report.reasons.push_back(std::move(*failure));
  }
  if (!caught_up_) report.reasons.emplace_back("the read models are catching up");
  report.ready = report.reasons.empty();
  return report;
}

}  // namespace cassette::api
