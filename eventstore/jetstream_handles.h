// RAII for every NATS.c handle, and how its errors become ours. Private to eventstore/jetstream*:
// no other file may include it.
#pragma once

#include <nats/nats.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "eventstore/jetstream_connection.h"
#include "eventstore/store_error.h"

namespace cassette::eventstore {

template <auto destroy>
struct HandleDeleter {
  template <class T>
  void operator()(T* handle) const {
    destroy(handle);
  }
};

using OptionsHandle = std::unique_ptr<natsOptions, HandleDeleter<natsOptions_Destroy>>;
using ConnectionHandle = std::unique_ptr<natsConnection, HandleDeleter<natsConnection_Destroy>>;
using ContextHandle = std::unique_ptr<jsCtx, HandleDeleter<jsCtx_Destroy>>;
using MessageHandle = std::unique_ptr<natsMsg, HandleDeleter<natsMsg_Destroy>>;
using SubscriptionHandle =
    std::unique_ptr<natsSubscription, HandleDeleter<natsSubscription_Destroy>>;
using InboxHandle = std::unique_ptr<natsInbox, HandleDeleter<natsInbox_Destroy>>;
using StreamInfoHandle = std::unique_ptr<jsStreamInfo, HandleDeleter<jsStreamInfo_Destroy>>;

// Takes what a NATS.c function leaves behind its first argument:
//   MessageHandle msg; natsStatus status = f(out(msg), …);
template <class Handle>
class OutPointer {
 public:
  explicit OutPointer(Handle& handle) : handle_(handle) {}
  ~OutPointer() {
    if (raw_ != nullptr) handle_.reset(raw_);
  }
  OutPointer(const OutPointer&) = delete;
  OutPointer& operator=(const OutPointer&) = delete;
  operator typename Handle::pointer *() { return &raw_; }

 private:
  Handle& handle_;
  typename Handle::pointer raw_ = nullptr;
};

template <class Handle>
OutPointer<Handle> out(Handle& handle) {
  return OutPointer<Handle>(handle);
}

// One connection with its JetStream context. Thread-safe, as NATS.c is.
struct JetStreamLink {
  JetStreamOptions options;
  ConnectionHandle connection;
  ContextHandle context;  // goes before the connection

  static Stored<std::unique_ptr<JetStreamLink>> open(const JetStreamOptions& options);

  // After a failed write nats-server 2.10 takes the stream for empty, and says so, until it is
  // started again; on disk all is well. Until another server is at the other end nothing that it
  // says of its streams counts. A cluster is believed: it changes the leader by itself.
  void note_failed_write(std::string_view why);
  // Full, while the server is the one that failed to write.
  std::optional<StoreError> distrust() const;

  // Unavailable, at once, when there has been no server at the other end for a while. Before that
  // it waits for one: a server that is restarted is back soon. For whoever asks the server: NATS.c
  // would keep the request until its timeout.
  std::optional<StoreError> unreachable() const;

 private:
  mutable std::mutex mutex_;
  // When a call first saw that there is no server; nothing: the last one saw one.
  mutable std::optional<std::chrono::steady_clock::time_point> gone_since_;
  mutable std::string failed_server_;  // its id; empty: none
  std::string why_;
};

std::string connected_server_id(natsConnection* connection);

// What the server said no with, beyond NATS.c's own jsErrCode.
inline constexpr int kWrongLastSequenceOfAny = 10164;  // 2.10 clusters, beside 10071

// "<doing>: <NATS.c's text>". `code` is 0 when the server gave none.
StoreError store_error(std::string_view doing, natsStatus status, int code = 0);

// The answer to a publish into a stream.
struct PublishAnswer {
  natsStatus status = NATS_OK;  // of the round trip: NATS_OK when the server answered
  int code = 0;                 // the server's refusal, 0 when it stored the message
  std::uint64_t sequence = 0;
  std::string why;
};

// Publishes and waits for the answer. Says nothing of what a failure means.
PublishAnswer publish_and_wait(JetStreamLink& link, natsMsg* message, std::int64_t timeout_ms);

// Whether a refusal by 10077, which covers all that goes wrong while storing, is a limit's. Any
// other leaves open what is on disk.
bool is_stream_limit(std::string_view why);

}  // namespace cassette::eventstore
