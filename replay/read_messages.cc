// Polls: a reader whose server is away says so, or nothing, and comes back by itself.
#include "replay/read_messages.h"

#include <string>

#include "eventstore/commit.h"

namespace cassette::replay {

using eventstore::Done;
using eventstore::Ledger;
using eventstore::LedgerReader;
using eventstore::Message;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoreError;

namespace {

Failure<StoreError> unavailable(std::string what) {
  return Failure{StoreError{StoreError::Kind::Unavailable, std::move(what)}};
}

// The next lot after message `read`. Blocks until there is one.
Stored<std::vector<Message>> next_lot(LedgerReader& reader, const ReadRange& range,
                                      std::uint64_t read, const std::stop_token& stop) {
  for (int silent = 0; silent < kMaxSilentPolls; ++silent) {
    if (stop.stop_requested()) return unavailable("told to stop");
    auto messages = reader.next(kLedgerPoll);
    if (!messages && messages.error().kind != StoreError::Kind::Unavailable) return messages;
    if (messages && !messages.value().empty()) return messages;
  }
  return unavailable("message " + eventstore::format(Position{range.partition, read + 1}) +
                     " does not come, though the ledger goes on to " + std::to_string(range.last));
}

}  // namespace

Stored<Done> read_messages(Ledger& ledger, const ReadRange& range, const std::stop_token& stop,
                           const TakeMessage& take, const MessagesTaken& taken) {
  if (range.last < range.first) return Done{};
  auto reader = ledger.follow(range.first);
  if (!reader) return Failure{std::move(reader).error()};
  const std::stop_callback interrupt(stop, [&reader] { reader.value()->interrupt(); });
  for (std::uint64_t read = range.first - 1; read < range.last;) {
    const auto messages = next_lot(*reader.value(), range, read, stop);
    if (!messages) return Failure{messages.error()};
    for (const Message& message : messages.value()) {
      auto more = take(message);
      if (!more) return Failure{std::move(more).error()};
      if (!more.value()) return Done{};
      read = message.sequence;
      if (read >= range.last) break;
    }
    if (taken) taken(read);
  }
  return Done{};
}

}  // namespace cassette::replay
