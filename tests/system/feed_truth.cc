// Feed truth: the ledger through its chain of commits, and the feed through NATS.c as the account
// that owns its streams.
#include "tests/system/feed_truth.h"

#include <fmt/format.h>
#include <nats/nats.h>

#include <fstream>
#include <memory>

#include "api/identity/ids.h"
#include "api/ledger_access.h"
#include "eventstore/chain.h"
#include "eventstore/nats_jwt.h"
#include "eventstore/nats_server.h"
#include "eventstore/nkey.h"
#include "eventstore/publisher.h"
#include "tests/support/cassette_process.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::test {
namespace {

using eventstore::NkeyKind;

template <class T>
T must(eventstore::Stored<T> result) {
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().what));
  return std::move(result).value();
}

void read_ledger(std::uint32_t partition, eventstore::Ledger& ledger,
                 std::vector<projections::PublicEvent>& events) {
  const std::uint64_t last = must(ledger.last_sequence());
  const auto reader = must(ledger.follow(1));
  eventstore::Chain chain(partition);
  while (chain.head().read < last) {
    const auto messages = must(reader->next(kDeadline));
    REQUIRE_FALSE(messages.empty());
    for (const eventstore::Message& message : messages) {
      const auto link = must(chain.accept(message));
      const auto* commit = std::get_if<eventstore::StoredCommit>(&link);
      if (commit == nullptr) continue;
      for (auto& event : projections::public_events(*commit)) events.push_back(std::move(event));
    }
  }
}

template <auto destroy>
struct Destroy {
  template <class T>
  void operator()(T* handle) const {
    destroy(handle);
  }
};

// A user of the account that owns the feed's streams, as whoever has its key can make one.
std::string credentials(const std::filesystem::path& folder) {
  const auto account = must(eventstore::load_nkey(folder / "feed.nk", NkeyKind::Account));
  const auto user = eventstore::Nkey::from_bytes(api::random_seed());
  const std::int64_t now_s = api::wall_clock().micros / 1'000'000;
  const std::string jwt = eventstore::nats_jwt(account, {user.public_key(), "feed-truth", now_s, 0},
                                               eventstore::NatsUser{});
  return eventstore::nats_creds(jwt, user);
}

class Feed {
 public:
  explicit Feed(const std::filesystem::path& data) {
    const std::filesystem::path folder = data / "feed";
    const auto server = eventstore::NatsServer::running(folder);
    REQUIRE_MESSAGE(server, "no nats-server of the feed runs");
    const std::filesystem::path file = scratch_ / "feed.creds";
    std::ofstream(file) << credentials(folder);
    natsOptions* options = nullptr;
    REQUIRE(natsOptions_Create(&options) == NATS_OK);
    const std::unique_ptr<natsOptions, Destroy<natsOptions_Destroy>> owned(options);
    natsOptions_SetURL(options, server->url.c_str());
    natsOptions_SetUserCredentialsFromFiles(options, file.c_str(), nullptr);
    natsConnection* connection = nullptr;
    const natsStatus status = natsConnection_Connect(&connection, options);
    REQUIRE_MESSAGE(status == NATS_OK, natsStatus_GetText(status));
    connection_.reset(connection);
    jsCtx* context = nullptr;
    REQUIRE(natsConnection_JetStream(&context, connection, nullptr) == NATS_OK);
    context_.reset(context);
  }

  std::uint64_t last_sequence(const std::string& stream) const {
    jsStreamInfo* info = nullptr;
    REQUIRE(js_GetStreamInfo(&info, context_.get(), stream.c_str(), nullptr, nullptr) == NATS_OK);
    const std::uint64_t last = info->State.LastSeq;
    jsStreamInfo_Destroy(info);
    return last;
  }

  FeedEntry message(const std::string& stream, std::uint64_t sequence) const {
    natsMsg* raw = nullptr;
    const natsStatus status =
        js_GetMsg(&raw, context_.get(), stream.c_str(), sequence, nullptr, nullptr);
    REQUIRE_MESSAGE(status == NATS_OK, stream << " " << sequence);
    const std::unique_ptr<natsMsg, Destroy<natsMsg_Destroy>> message(raw);
    const char* id = nullptr;
    REQUIRE(natsMsgHeader_Get(raw, "Nats-Msg-Id", &id) == NATS_OK);
    return {natsMsg_GetSubject(raw),
            id,
            {natsMsg_GetData(raw), static_cast<std::size_t>(natsMsg_GetDataLength(raw))}};
  }

 private:
  ScratchFolder scratch_;
  std::unique_ptr<natsConnection, Destroy<natsConnection_Destroy>> connection_;
  std::unique_ptr<jsCtx, Destroy<jsCtx_Destroy>> context_;  // goes before the connection
};

}  // namespace

std::vector<projections::PublicEvent> ledger_events(const std::filesystem::path& data) {
  api::LedgerSettings settings;
  settings.data = data.string();
  const api::LedgerAccess access = must(api::open_ledger(settings));
  std::vector<projections::PublicEvent> events;
  for (std::uint32_t p = 0; p < access.ledgers.size(); ++p) {
    read_ledger(p, *access.ledgers[p], events);
  }
  return events;
}

std::vector<FeedEntry> await_feed(const std::filesystem::path& data, std::uint32_t partitions,
                                  std::size_t count, std::chrono::milliseconds limit) {
  const Feed feed(data);
  std::vector<std::uint64_t> last(partitions);
  await(
      [&] {
        std::uint64_t all = 0;
        for (std::uint32_t p = 0; p < partitions; ++p) {
          all += last[p] = feed.last_sequence(eventstore::feed_stream(p));
        }
        return all >= count;
      },
      limit);
  std::vector<FeedEntry> entries;
  for (std::uint32_t p = 0; p < partitions; ++p) {
    const std::string stream = eventstore::feed_stream(p);
    for (std::uint64_t sequence = 1; sequence <= last[p]; ++sequence) {
      entries.push_back(feed.message(stream, sequence));
    }
  }
  return entries;
}

}  // namespace cassette::test
