// PurgeHook: a URL of someone else's, which is sent the paths whose answers are over, so that a
// CDN's cache can be told in that CDN's own way. It knows no CDN.
#pragma once

#include "api/cache_sink.h"

namespace cassette::api {

// Paths of one request: with the longest ids some 300 KB.
inline constexpr std::size_t kPathsOfOneCall = 1'000;

// POSTs {"everything":false,"paths":["/vendors/1580/inventory/771"]} as application/json, or
// {"everything":true,"paths":[]}. Any 2xx is success; a redirect is not followed. Each call has a
// connection of its own, and gives up after five seconds without a byte. Certificates must be of
// the system's authorities.
class PurgeHook : public CacheSink {
 public:
  // `url` as may_be_fetched has it.
  explicit PurgeHook(std::string url) : url_(std::move(url)) {}

  // Unavailable when any call fails; the hook may have acted on some of them.
  eventstore::Stored<eventstore::Done> purge(std::span<const std::string> paths) override;
  eventstore::Stored<eventstore::Done> purge_all() override;

 private:
  eventstore::Stored<eventstore::Done> post(const std::string& body) const;

  const std::string url_;
};

}  // namespace cassette::api
