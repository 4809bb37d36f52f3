// JetStreamJournal: a journal as one JetStream stream. Private to eventstore/jetstream*: everyone
// else gets a Journal from JetStreamConnection. It follows nothing.
#pragma once

#include <memory>
#include <string>

#include "eventstore/jetstream_handles.h"
#include "eventstore/journal.h"

namespace cassette::eventstore {

// `link` must outlive it. Reads ask the stream's leader, an entry a round trip: a consumer would
// have to be ended while the server still sends to it, which NATS.c 3.4 does not survive (see
// JetStreamReader).
class JetStreamJournal final : public Journal {
 public:
  // Makes the stream, or opens the one there is and gives it these limits. Mismatch when it was not
  // made for a journal.
  static Stored<std::unique_ptr<Journal>> open(JetStreamLink& link, std::string_view name,
                                               const JournalOptions& options);
  JetStreamJournal(JetStreamLink& link, std::string name);

  Stored<std::uint64_t> append(std::string_view id, std::string_view body) override;
  Stored<JournalBounds> bounds() override;
  Stored<std::vector<JournalEntry>> read_forward(std::uint64_t from, std::size_t limit) override;
  Stored<std::vector<JournalEntry>> read_backward(std::uint64_t from, std::size_t limit) override;

 private:
  // Appends the entry to `read`, unless it has just been discarded.
  Stored<Done> read_entry(std::uint64_t sequence, std::vector<JournalEntry>& read);

  JetStreamLink& link_;
  const std::string stream_;
  const std::string subject_;
};

}  // namespace cassette::eventstore
