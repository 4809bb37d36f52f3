// CachePurger: tells caches which of their answers a change of the read models has ended: exactly
// those, once readers see the change. A cache that stores an answer which it asked for just before
// the change and got just after the purge keeps it until its own time is up, which is why that is a
// second (api/http/shared_caches.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/purge_queue.h"
#include "api/settings.h"
#include "projections/change_listener.h"

namespace cassette::api {

// The paths whose public answers depend on the document. A product's are its own and its stock's,
// which nobody is shown of a part that is not listed.
std::vector<std::string> paths_of(const projections::ChangedDocument& document);

// Thread-safe; no call blocks.
class CachePurger : public projections::ChangeListener {
 public:
  // As the settings say, whose checks are edge_of's: null when they name no cache.
  static std::unique_ptr<CachePurger> of(const EdgeSettings& settings);
  explicit CachePurger(std::vector<std::unique_ptr<CacheSink>> sinks);

  bool wants(projections::Model model) const override;
  void changed(std::span<const projections::ChangedDocument> documents) override;
  void replaced() override;

  // PurgeQueue::stop of each cache, and a line in the log of what was done.
  void stop();

  // A cache each, in the order of the sinks.
  std::vector<PurgeFigures> figures() const;

 private:
  std::vector<std::unique_ptr<PurgeQueue>> queues_;
};

}  // namespace cassette::api
