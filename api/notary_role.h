// NotaryRole: the notary in `up`, in a thread of its own. It decides when a head is due; what one
// is, and whether it may be signed, is replay/notary.h's. Nobody waits for it.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/notary_settings.h"
#include "eventstore/jetstream_connection.h"
#include "replay/notary.h"

namespace cassette::api {

// Thread-safe.
class NotaryRole {
 public:
  // Makes the stream and, at the first start, the key (DATA/notary.key). `connection` and `ledgers`
  // outlive it. Failures: those of the files, and of a stream that is something else.
  static eventstore::Stored<std::unique_ptr<NotaryRole>> open(
      eventstore::JetStreamConnection& connection, std::vector<eventstore::Ledger*> ledgers,
      const std::filesystem::path& data, const std::string& ledger_id,
      const NotarySettings& settings);
  ~NotaryRole();
  NotaryRole(const NotaryRole&) = delete;
  NotaryRole& operator=(const NotaryRole&) = delete;

  // Starts to sign. What is in the way is logged and tried again.
  void begin();
  // Signs what is left, unless that is very much, and ends. Blocks for that.
  void stop();

  const replay::Notary& notary() const { return *notary_; }
  // A commit that was folded anyway.
  void know(const eventstore::StoredCommit& commit) { notary_->know(commit); }

 private:
  NotaryRole(const NotarySettings& settings, std::unique_ptr<eventstore::Ledger> stream)
      : settings_(settings), stream_(std::move(stream)) {}

  void run(const std::stop_token& stop);
  void step(const std::stop_token& stop);
  bool due(std::uint64_t behind) const;
  // True when all is well. Each trouble is logged once.
  bool log(const eventstore::StoreError* error);

  const NotarySettings settings_;
  const std::unique_ptr<eventstore::Ledger> stream_;
  std::unique_ptr<replay::Notary> notary_;
  domain::Timestamp signed_at_;
  std::string trouble_;  // the last that was logged
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace cassette::api
