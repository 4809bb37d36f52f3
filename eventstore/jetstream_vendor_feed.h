// JetStreamVendorFeed: vendors' access to a feed server in operator mode. Each vendor has an
// account of its own, that reaches nothing but three services of the feed's account: its consumer's
// INFO, MSG.NEXT and ACK. A service's answer is published in the account that asked, so no reply
// address that a vendor names is a subject of the feed. Publishes nothing of the feed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "eventstore/jetstream_connection.h"
#include "eventstore/nats_server.h"
#include "eventstore/nkey.h"
#include "eventstore/vendor_feed.h"

namespace cassette::eventstore {

// All that can vouch for somebody at the feed's server.
struct FeedKeys {
  Nkey operator_key;
  Nkey system_account;
  Nkey feed_account;  // with the streams
  Nkey vendors;       // an account's; what those of the vendors are derived from
  Nkey user;          // Cassette's own, in the system's account and in the feed's
};

// What the server must be started with.
NatsOperatorMode feed_operator_mode(const FeedKeys& keys, domain::Timestamp now);

// Who Cassette is to the server: the user of the feed's account, who may do anything there.
JetStreamOptions feed_user(const FeedKeys& keys, const JetStreamOptions& to, domain::Timestamp now);

struct VendorFeedOptions {
  JetStreamOptions server;       // how the server is reached; says nothing of who we are
  std::string url;               // of the server, as vendors reach it
  std::uint32_t partitions = 1;  // as the ledger has
  // accounts_folder of the embedded server, which does not sync what it writes there: a revocation
  // is on the disk before it is answered.
  std::filesystem::path accounts;
  std::function<NkeySeed()> new_seed;  // 32 random bytes a call
};

class JetStreamVendorFeed : public VendorFeed {
 public:
  // Connects as user of the system's account and of the feed's. Unavailable when the server doesn't
  // answer.
  static Stored<std::unique_ptr<VendorFeed>> open(const FeedKeys& keys, VendorFeedOptions options,
                                                  domain::Timestamp now);
  ~JetStreamVendorFeed() override;

  Stored<FeedCredentials> mint(const domain::VendorId& vendor, domain::Timestamp now,
                               std::chrono::seconds lifetime) override;
  Stored<bool> revoke(const domain::VendorId& vendor, domain::Timestamp now) override;

 private:
  struct Account;

  JetStreamVendorFeed(const FeedKeys& keys, VendorFeedOptions options);

  Stored<Account> look_up(const domain::VendorId& vendor) const;
  Stored<Done> push(const Account& account, std::int64_t issued_at) const;

  const FeedKeys keys_;
  const VendorFeedOptions options_;
  std::unique_ptr<JetStreamLink> system_;
  std::unique_ptr<JetStreamLink> feed_;
  // What is looked up must still be so when its successor is pushed, or a revocation would be lost.
  std::mutex mutex_;
};

}  // namespace cassette::eventstore
