// JetStreamLedger: one partition's stream on a nats-server. Private to eventstore/jetstream*:
// everyone else gets a Ledger from JetStreamConnection. It makes no stream.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eventstore/jetstream_handles.h"
#include "eventstore/ledger.h"

namespace cassette::eventstore {

// `link` must outlive it.
class JetStreamLedger final : public Ledger {
 public:
  JetStreamLedger(JetStreamLink& link, std::string stream, std::string subject)
      : link_(link), stream_(std::move(stream)), subject_(std::move(subject)) {}

  AppendResult append(std::uint64_t expected_last, std::string_view body,
                      const std::vector<std::uint32_t>& addressed,
                      std::chrono::milliseconds timeout) override;
  Stored<std::uint64_t> last_sequence() override;
  Stored<std::optional<Message>> read(std::uint64_t sequence) override;
  Stored<std::unique_ptr<LedgerReader>> follow(std::uint64_t from) override;

 private:
  JetStreamLink& link_;
  const std::string stream_;
  const std::string subject_;
};

// The partitions that the message's header addresses. One that is not such a list addresses none:
// whoever put it there is not Cassette, and the message is void.
std::vector<std::uint32_t> addressed_partitions(natsMsg* message);

}  // namespace cassette::eventstore
