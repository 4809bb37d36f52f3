// FeedRole: the feed of `up`, its server and who publishes to it.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/feed_server.h"
#include "api/settings.h"
#include "eventstore/ledger.h"
#include "eventstore/publisher.h"
#include "projections/feed_publisher.h"

namespace cassette::api {

// How the streams are to be, by the settings.
eventstore::FeedOptions feed_options(const FeedSettings& settings);

// Thread-safe. Ends the server that it started.
class FeedRole {
 public:
  // Starts or finds the feed's server, and publishes from where the feed stands. `ledgers`, in the
  // order of partitions, outlive it. Failures as of FeedServer::open. What goes wrong later is
  // waited for, or is `failure`.
  static eventstore::Stored<std::unique_ptr<FeedRole>> start(
      const FeedSettings& settings, const std::filesystem::path& data,
      const std::vector<eventstore::Ledger*>& ledgers);
  ~FeedRole();
  FeedRole(const FeedRole&) = delete;
  FeedRole& operator=(const FeedRole&) = delete;

  const std::string& url() { return server_->url(); }
  // Null where vendors' credentials are somebody else's to make.
  eventstore::VendorFeed* vendors() { return server_->vendors(); }

  // Why it stands still; nothing while it goes on, or waits for its server.
  std::optional<std::string> failure() const;
  // How far each partition's events are published.
  std::vector<eventstore::Position> positions() const { return publisher_->positions(); }

  // Publishes up to `heads`, for a moment at most, and ends; the rest comes after the next start.
  // Whether it came so far.
  bool drain(const std::vector<eventstore::Position>& heads);

 private:
  FeedRole() = default;

  std::unique_ptr<FeedServer> server_;
  std::unique_ptr<eventstore::Publisher> streams_;
  std::unique_ptr<projections::FeedPublisher> publisher_;
};

}  // namespace cassette::api
