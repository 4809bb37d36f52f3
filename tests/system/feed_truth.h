// Feed truth: what of a cassette's ledger is public, and what its feed holds, read past everything
// that serves them: the other side of what subscribers got.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "projections/public_event.h"

namespace cassette::test {

// One message of the feed.
struct FeedEntry {
  std::string subject;
  std::string id;  // its Nats-Msg-Id
  std::string body;
};

// All public events of the ledger as it is now, partition by partition. Fails the test when it
// can't be read. A cassette may run on the folder.
std::vector<projections::PublicEvent> ledger_events(const std::filesystem::path& data);

// All messages of the feed, partition by partition, as soon as there are `count`, or after `limit`.
// Fails the test when it can't be read. A cassette may run on the folder.
std::vector<FeedEntry> await_feed(const std::filesystem::path& data, std::uint32_t partitions,
                                  std::size_t count, std::chrono::milliseconds limit);

}  // namespace cassette::test
