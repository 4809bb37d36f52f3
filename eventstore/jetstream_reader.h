// JetStreamReader: follows one stream from a sequence on, over server restarts, without a gap or a
// message twice. Private to eventstore/jetstream*. It never appends, and knows no commits.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/jetstream_handles.h"
#include "eventstore/ledger.h"

namespace cassette::eventstore {

// Has a connection of its own, so that catching up never stands before an append's answer. The
// server pushes to an unfiltered consumer that lives in its memory; the position is kept here, and
// when anything is odd (reconnected, a gap, silence) a new consumer is made from it.
class JetStreamReader final : public LedgerReader {
 public:
  static Stored<std::unique_ptr<LedgerReader>> open(const JetStreamOptions& options,
                                                    const std::string& stream, std::uint64_t from);
  JetStreamReader(std::unique_ptr<JetStreamLink> link, std::string stream, std::uint64_t from);
  ~JetStreamReader() override;
  JetStreamReader(const JetStreamReader&) = delete;
  JetStreamReader& operator=(const JetStreamReader&) = delete;

  Stored<std::vector<Message>> next(std::chrono::milliseconds timeout) override;
  void interrupt() override;

 private:
  using Clock = std::chrono::steady_clock;

  struct Created {
    std::string name;
    std::uint64_t first = 0;  // sequence of the first message that it will deliver
  };

  natsStatus subscribe();
  // Makes a consumer when there is none that is sound. Gives up at `deadline`.
  Stored<Done> ensure_consumer(Clock::time_point deadline);
  Stored<Created> create_consumer(std::int64_t timeout_ms);
  void drop_consumer();
  bool connection_changed();
  // Waits for the first message of a batch, in slices. Null when there was none.
  MessageHandle wait_for_message(Clock::time_point deadline);
  // Takes what has arrived already, up to a batch.
  void take_arrived(std::vector<Message>& batch, std::size_t& bytes);
  void take(MessageHandle message, std::vector<Message>& batch, std::size_t& bytes);
  void take_status(natsMsg* message);
  bool take_interrupt();

  const std::string stream_;
  std::unique_ptr<JetStreamLink> link_;
  std::string inbox_;
  SubscriptionHandle subscription_;  // to inbox_; goes before link_
  std::uint64_t next_;               // the sequence that is to come
  bool delivered_ = false;           // whether next_ - 1 was seen here
  bool sound_ = false;               // whether consumer_ is there and trusted
  std::string consumer_;             // its name; what others of ours still deliver is passed over
  std::uint64_t reconnects_ = 0;
  Clock::time_point heard_{};  // when the consumer last said anything
  Clock::time_point fed_{};    // when it last gave a message, or was made
  std::atomic<bool> interrupted_{false};
};

// What the reply subject of a delivered message says, and which consumer delivered it: empty when
// it is no such subject. Valid as long as the subject is.
struct Delivery {
  std::string_view consumer;
  std::uint64_t stream_sequence = 0;
  std::uint64_t consumer_sequence = 0;
};
Delivery parse_delivery(std::string_view reply_subject);

}  // namespace cassette::eventstore
