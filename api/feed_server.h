// FeedServer: the feed's nats-server and the way to it as Cassette's own user. Embedded, it runs in
// DATA/feed in operator mode: accounts and users are known by JWTs that only the keys in that
// folder can sign. It publishes nothing (projections/feed_publisher.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "api/nats_keeper.h"
#include "api/settings.h"
#include "domain/values.h"
#include "eventstore/jetstream_connection.h"
#include "eventstore/store_error.h"
#include "eventstore/vendor_feed.h"

namespace cassette::api {

// DATA/feed: the server's folder, and the keys beside it.
std::filesystem::path feed_folder(const std::filesystem::path& data);

// Thread-safe. Ends the server that it started; whoever uses the connection must be gone before.
class FeedServer {
 public:
  // Starts the embedded server, or connects to the one that `settings` name. Keys are made at the
  // first start. `partitions` as the ledger has; `now` dates the JWTs. Blocks until it serves.
  // Failures: Unsupported for settings that can't be (an address that others reach without TLS, a
  // key's file that others may read), Unavailable when no server comes up or answers.
  static eventstore::Stored<std::unique_ptr<FeedServer>> open(const FeedSettings& settings,
                                                              const std::filesystem::path& data,
                                                              std::uint32_t partitions,
                                                              domain::Timestamp now);

  // The same for a task beside `up`: the embedded server that runs already is used and left alone;
  // else one is started for the while.
  static eventstore::Stored<std::unique_ptr<FeedServer>> join(const FeedSettings& settings,
                                                              const std::filesystem::path& data,
                                                              std::uint32_t partitions,
                                                              domain::Timestamp now);

  ~FeedServer();
  FeedServer(const FeedServer&) = delete;
  FeedServer& operator=(const FeedServer&) = delete;

  eventstore::JetStreamConnection& connection() { return *connection_; }
  // nats://ADDR:PORT, as vendors reach it.
  const std::string& url() const { return url_; }
  // Null when the server's operator is somebody else (`--feed-nats`), who makes vendors'
  // credentials.
  eventstore::VendorFeed* vendors() { return vendors_.get(); }

 private:
  struct Embedded;

  FeedServer() = default;

  static eventstore::Stored<std::unique_ptr<FeedServer>> make(const FeedSettings& settings,
                                                              const std::filesystem::path& data,
                                                              std::uint32_t partitions,
                                                              domain::Timestamp now, bool may_join);
  static eventstore::Stored<Embedded> prepare(const FeedSettings& settings,
                                              const std::filesystem::path& data,
                                              domain::Timestamp now);
  eventstore::Stored<eventstore::Done> start(const Embedded& embedded);
  eventstore::Stored<eventstore::Done> connect(const FeedSettings& settings,
                                               const Embedded& embedded, const std::string& url,
                                               std::uint32_t partitions, domain::Timestamp now);
  eventstore::Stored<eventstore::Done> connect_to_another(const FeedSettings& settings);

  std::string url_;
  std::unique_ptr<NatsKeeper> keeper_;  // null: another's server
  std::unique_ptr<eventstore::JetStreamConnection> connection_;
  std::unique_ptr<eventstore::VendorFeed> vendors_;
};

}  // namespace cassette::api
