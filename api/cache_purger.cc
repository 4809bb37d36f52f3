// Cache purger: from documents to paths, and on to each cache's queue.
#include "api/cache_purger.h"

#include <spdlog/spdlog.h>

#include "api/cache_files.h"
#include "api/http/purge_hook.h"
#include "domain/check.h"

namespace cassette::api {

using projections::ChangedDocument;
using projections::Model;

std::vector<std::string> paths_of(const ChangedDocument& document) {
  const std::string& key = document.key;
  if (document.model == Model::Vendors) return {"/vendors/" + key};
  const std::size_t slash = key.find('/');
  CHECK(slash != std::string::npos);
  const std::string vendor = "/vendors/" + key.substr(0, slash);
  const std::string product = key.substr(slash);
  const std::string stock = vendor + "/inventory" + product;
  if (document.model == Model::Stock) return {stock};
  return {vendor + "/products" + product, stock};
}

std::unique_ptr<CachePurger> CachePurger::of(const EdgeSettings& settings) {
  std::vector<std::unique_ptr<CacheSink>> sinks;
  if (!settings.cache.empty()) sinks.push_back(std::make_unique<CacheFiles>(settings.cache));
  if (!settings.purge_hook.empty()) {
    sinks.push_back(std::make_unique<PurgeHook>(settings.purge_hook));
  }
  return sinks.empty() ? nullptr : std::make_unique<CachePurger>(std::move(sinks));
}

CachePurger::CachePurger(std::vector<std::unique_ptr<CacheSink>> sinks) {
  for (auto& sink : sinks) queues_.push_back(std::make_unique<PurgeQueue>(std::move(sink)));
}

bool CachePurger::wants(Model model) const {
  return model == Model::Vendors || model == Model::Products || model == Model::Stock;
}

void CachePurger::changed(std::span<const ChangedDocument> documents) {
  std::vector<std::string> paths;
  for (const ChangedDocument& document : documents) {
    for (std::string& path : paths_of(document)) paths.push_back(std::move(path));
  }
  for (const auto& queue : queues_) queue->add(paths);
}

void CachePurger::replaced() {
  for (const auto& queue : queues_) queue->add_everything();
}

void CachePurger::stop() {
  for (const auto& queue : queues_) {
    queue->stop();
    const PurgeFigures told = queue->figures();
    const auto mean =
        told.total_lag.count() / static_cast<std::int64_t>(std::max<std::uint64_t>(told.rounds, 1));
    spdlog::info(
        "a cache was told of {} paths in {} rounds, {} times of everything, {} us after the change "
        "at the mean and {} us at most; {} overflows, {} failures",
        told.paths, told.rounds, told.everything, mean, told.max_lag.count(), told.overflows,
        told.failures);
  }
}

std::vector<PurgeFigures> CachePurger::figures() const {
  std::vector<PurgeFigures> all;
  for (const auto& queue : queues_) all.push_back(queue->figures());
  return all;
}

}  // namespace cassette::api
