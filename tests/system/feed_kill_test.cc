// Kills of the feed's parts: SIGKILL to `up` (publisher and gateway), to the feed's nats-server and
// to the ledger's, thirty times at random moments under load. Then what the ledger, the feed and
// each subscriber have is put side by side: the same events, the same bytes, the same order.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "tests/support/live_subscriber.h"
#include "tests/system/feed_truth.h"
#include "tests/system/shoppers.h"

namespace cassette::test {
namespace {

constexpr std::uint32_t kPartitions = 3;
constexpr std::string_view kFromTheBeginning = "0:0,1:0,2:0";
constexpr unsigned kClients = 8;
constexpr std::size_t kVendors = 4;
constexpr std::int64_t kFirstCount = 200;
constexpr std::size_t kKills = 30;
// Answers between two kills.
constexpr std::uint64_t kMostAnswers = 60;
constexpr std::chrono::milliseconds kAnswersLimit{60'000};
constexpr std::chrono::milliseconds kArrivalLimit{60'000};

// ---- kills -----------------------------------------------------------------------------------

enum class Victim { Up, FeedNats, LedgerNats };

std::vector<Victim> victims(Random& random) {
  std::vector<Victim> all;
  for (std::size_t i = 0; i < kKills; ++i) all.push_back(static_cast<Victim>(i % 3));
  std::shuffle(all.begin(), all.end(), random);
  return all;
}

// A cassette and where its two listeners are at the moment.
struct Rig {
  ScratchFolder scratch;
  CassetteProcess cassette{scratch / "data", {"--partitions", std::to_string(kPartitions)}};
  Endpoint http;
  Endpoint live;

  void start() {
    REQUIRE_MESSAGE(cassette.start(), cassette.log_tail());
    http.move_to(cassette.http_url());
    live.move_to(cassette.live_url());
  }

  // A nats-server is to be brought back by `up` itself.
  void strike(Victim victim) {
    switch (victim) {
      case Victim::FeedNats:
        REQUIRE(await([&] { return cassette.kill_feed_nats(); }));
        return;
      case Victim::LedgerNats:
        REQUIRE(await([&] { return cassette.kill_nats(); }));
        return;
      case Victim::Up:
        cassette.kill9();
        start();
        return;
    }
  }
};

// ---- subscribers -----------------------------------------------------------------------------

struct Follower {
  std::string name;
  std::string vendor_id;  // empty: follows everything
  std::unique_ptr<LiveSubscriber> subscriber;
};

// From the beginning of the ledger on: everything, twice by each protocol, and vendors alone.
std::vector<Follower> followers(const std::vector<std::string>& vendors, const Endpoint& live) {
  using Kind = SubscriberOptions::Kind;
  std::vector<Follower> all;
  const auto add = [&](Kind kind, const std::string& vendor_id) {
    const std::string protocol = kind == Kind::Sse ? "SSE" : "WebSocket";
    SubscriberOptions options{kind, vendor_id, std::string(kFromTheBeginning)};
    all.push_back({fmt::format("{} of '{}'", protocol, vendor_id), vendor_id,
                   std::make_unique<LiveSubscriber>(std::move(options), live)});
  };
  for (const Kind kind : {Kind::Sse, Kind::Socket}) {
    add(kind, "");
    add(kind, "");
    for (const std::string& vendor : vendors) add(kind, vendor);
  }
  return all;
}

// ---- the end of the load ----------------------------------------------------------------------

// The ledger's public events once nothing is under way any more: every order has settled, and two
// readings tell the same.
std::vector<projections::PublicEvent> ledger_at_rest(const Rig& rig) {
  Marketplace market(rig.cassette.http_url());
  REQUIRE(await([&] {
    const std::vector<OrderView> orders = market.orders();
    return std::ranges::all_of(orders, [](const OrderView& order) {
      return order.settled || order.status == "Cancelled";
    });
  }));
  std::vector<projections::PublicEvent> events;
  REQUIRE(await([&] {
    const std::size_t before = events.size();
    events = ledger_events(rig.cassette.data());
    return events.size() == before;
  }));
  return events;
}

// ---- checks ----------------------------------------------------------------------------------

// Events as one side has them: id and body, each id once, in the order in which they first came.
using Sequence = std::vector<std::pair<std::string, std::string>>;

// Repeated ids fall away here, as every subscriber is told to do it; with another body they are no
// repetition.
Sequence deduplicated(const std::vector<std::string>& bodies) {
  Sequence sequence;
  std::map<std::string, std::string, std::less<>> seen;
  for (const std::string& body : bodies) {
    const std::string id(attribute(body, "id"));
    const auto [at, is_new] = seen.emplace(id, body);
    if (is_new) sequence.emplace_back(id, body);
    CHECK_MESSAGE(at->second == body, id << " came with two bodies");
  }
  return sequence;
}

// Both hold the same ids with the same bodies, whatever the order.
void require_same_set(Sequence ours, Sequence wanted) {
  std::ranges::sort(ours);
  std::ranges::sort(wanted);
  Sequence missing, foreign;
  std::ranges::set_difference(wanted, ours, std::back_inserter(missing));
  std::ranges::set_difference(ours, wanted, std::back_inserter(foreign));
  REQUIRE_MESSAGE(missing.empty(), missing.size() << " missing, as " << missing.front().second);
  REQUIRE_MESSAGE(foreign.empty(), foreign.size() << " too many, as " << foreign.front().second);
}

// An entity is of one partition, whose events came in the ledger's order.
void require_order(const Sequence& sequence) {
  std::map<std::uint32_t, eventstore::EventRef> last;
  for (const auto& [id, body] : sequence) {
    const auto ref = projections::parse_public_id(id);
    REQUIRE_MESSAGE(ref, "no event's id: " << id);
    const auto [at, is_first] = last.emplace(ref->position.partition, *ref);
    REQUIRE_MESSAGE((is_first || at->second < *ref), id << " after " << format(at->second));
    at->second = *ref;
  }
}

// Of one vendor, or of all.
Sequence of_vendor(const std::vector<projections::PublicEvent>& events,
                   const std::string& vendor_id) {
  Sequence sequence;
  for (const projections::PublicEvent& event : events) {
    if (vendor_id.empty() || event.vendor_id == vendor_id) {
      sequence.emplace_back(event.id, event.body);
    }
  }
  return sequence;
}

void check_follower(const Follower& follower, const std::vector<projections::PublicEvent>& ledger) {
  INFO(follower.name << ", let in " << follower.subscriber->connections()
                     << " times, refused: " << follower.subscriber->refusal());
  const Sequence wanted = of_vendor(ledger, follower.vendor_id);
  REQUIRE(wanted.size() > 0);
  CHECK(follower.subscriber->await_distinct(wanted.size(), kArrivalLimit));
  const Sequence got = deduplicated(follower.subscriber->events());
  require_same_set(got, wanted);
  require_order(got);
  CHECK(follower.subscriber->connections() > 1);  // or no kill reached it
}

// The feed has each event once, on its subject.
void check_feed(const std::vector<FeedEntry>& feed,
                const std::vector<projections::PublicEvent>& ledger) {
  Sequence got, wanted;
  for (const FeedEntry& entry : feed) got.emplace_back(entry.id, entry.subject + entry.body);
  for (const auto& event : ledger) wanted.emplace_back(event.id, event.subject + event.body);
  CHECK(got.size() == wanted.size());
  require_same_set(got, wanted);
  require_order(got);
}

// No two events of the ledger share an id.
void check_ids(const std::vector<projections::PublicEvent>& ledger) {
  std::set<std::string> ids;
  for (const auto& event : ledger) CHECK_MESSAGE(ids.insert(event.id).second, event.id);
}

}  // namespace

TEST_CASE("Thirty kills of up, the feed's server and the ledger's lose no event of any follower") {
  const std::uint64_t seed = choose_seed();
  INFO("CASSETTE_SEED=" << seed);
  Random random(seed);
  Rig rig;
  rig.start();
  INFO(rig.cassette.log_tail());
  const auto vendors = ids_over_partitions("vendor", kPartitions, kVendors);
  for (const std::string& vendor : vendors) {
    Marketplace(rig.cassette.http_url()).open_shop(vendor, "part", kFirstCount);
  }
  const std::vector<Follower> all = followers(vendors, rig.live);

  Shoppers shoppers(draw(random, 0, UINT32_MAX), kClients, vendors);
  LoadOptions options;
  options.clients = kClients;
  Load load(options, rig.http, [&](unsigned client, const std::vector<Write>& so_far) {
    return shoppers.next(client, so_far);
  });
  load.start();
  for (const Victim victim : victims(random)) {
    REQUIRE(load.await_answers(draw(random, 1, kMostAnswers), kAnswersLimit));
    rig.strike(victim);
  }
  REQUIRE(load.await_answers(1, kAnswersLimit));
  load.finish();

  const auto ledger = ledger_at_rest(rig);
  check_ids(ledger);
  for (const Follower& follower : all) check_follower(follower, ledger);
  check_feed(await_feed(rig.cassette.data(), kPartitions, ledger.size(), kArrivalLimit), ledger);
  REQUIRE_MESSAGE(rig.cassette.terminate() == 0, rig.cassette.log_tail());
  require_sound_models(rig.cassette.data());
}

}  // namespace cassette::test
