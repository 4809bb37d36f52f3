// Take-over: a second engine on the same ledger waits; told to take over, it fences the first in
// the middle of its work. No answer of the first may stand on a commit that the second never saw.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "eventstore/jetstream_connection.h"
#include "tests/system/marketplace.h"

namespace cassette::test {
namespace {

constexpr unsigned kClients = 16;
constexpr std::int64_t kPlenty = 1'000'000;
constexpr std::uint64_t kAnswersBefore = 300;
constexpr std::chrono::milliseconds kLoadLimit{60'000};
// A client believes that its engine is fenced after so many writes in a row without an answer.
constexpr std::size_t kRefusalsToEnd = 5;

// The arguments that put a second engine on the ledger of `first`.
std::vector<std::string> beside(const CassetteProcess& first) {
  return {"--nats",
          first.nats_url(),
          "--nats-monitor",
          first.monitor_url(),
          "--nats-nkey",
          (first.data() / "nats" / "engine.nk").string(),
          "--master-key-file",
          (first.data() / "master.key").string()};
}

// ---- the load: orders, and registrations that all but one client must be refused ---------------

std::string contested_vendor(std::size_t number) {
  return fmt::format("contested-{}", number);
}

bool is_order(const Write& write) {
  return write.request.target == "/orders";
}

std::string registered_in(const Write& write) {
  static constexpr std::string_view kBefore = R"({"vendorId":")";
  const std::string rest = write.request.body.substr(kBefore.size());
  return rest.substr(0, rest.find('"'));
}

bool seems_fenced(const std::vector<Write>& so_far) {
  if (so_far.size() < kRefusalsToEnd) return false;
  return std::none_of(so_far.end() - kRefusalsToEnd, so_far.end(),
                      [](const Write& write) { return write.answered(); });
}

// Even clients order; the others all register the same vendors in the same order: one wins.
Script shop_and_contest(const std::vector<std::string>& vendors) {
  return [vendors](unsigned client,
                   const std::vector<Write>& so_far) -> std::optional<api::ClientRequest> {
    if (seems_fenced(so_far)) return std::nullopt;
    if (client % 2 == 0) {
      return place_order({{vendors[so_far.size() % vendors.size()], "part"}});
    }
    const std::string id = contested_vendor(so_far.size());
    return write_to("POST", "/vendors", fmt::format(R"({{"vendorId":"{0}","name":"{0}"}})", id));
  };
}

// ---- checks ----------------------------------------------------------------------------------

// The load has met what this is about: answers of all kinds, and the end of them.
void check_reach(const std::vector<Write>& writes) {
  const auto some = [&](auto&& is_so) { return std::any_of(writes.begin(), writes.end(), is_so); };
  CHECK(some([](const Write& write) { return is_order(write) && write.accepted(); }));
  CHECK(some([](const Write& write) { return !is_order(write) && write.accepted(); }));
  CHECK(some([](const Write& write) { return write.status == 409; }));
  CHECK(some([](const Write& write) { return !write.refusal.empty(); }));
}

// Everything that the first engine said is so at the second.
void check_answers(const std::vector<Write>& writes, Marketplace& second) {
  for (const Write& write : writes) {
    if (!write.answered()) {
      if (!write.refusal.empty()) {
        CHECK(problem_of(write.refusal).type == "/problems/unavailable");
      }
      continue;
    }
    INFO(write.request.idempotency_key << ": " << write.status << " " << write.answer);
    CHECK((write.accepted() || write.status == 409));
    if (is_order(write)) {
      REQUIRE(write.accepted());
      CHECK(second.settled_order(order_of(write.answer).order_id).status == "Confirmed");
    } else {  // registered by this client, or refused because it is registered
      second.must(write_to("GET", "/vendors/" + registered_in(write), ""));
    }
  }
}

// What the first left open is settled by repeating it; then every key has made one order at most.
void settle_and_count(const std::vector<Write>& writes, Marketplace& second,
                      const std::vector<std::string>& vendors) {
  std::map<std::string, std::string> keys;  // by order
  for (const Write& write : writes) {
    if (!is_order(write)) continue;
    const std::string id = write.accepted() ? order_of(write.answer).order_id
                                            : order_of(second.must(write.request).body).order_id;
    CHECK_MESSAGE(keys.emplace(id, write.request.idempotency_key).second, "twice: " << id);
  }
  for (const auto& [id, key] : keys) second.settled_order(id);
  CHECK(second.orders().size() == keys.size());
  std::int64_t reserved = 0;
  for (const std::string& vendor : vendors) reserved += second.stock(vendor, "part").reserved;
  CHECK(reserved == static_cast<std::int64_t>(keys.size()));
}

bool refuses_writes(const CassetteProcess& cassette) {
  const api::ClientResponse response =
      Marketplace(cassette.http_url())
          .try_send(write_to("POST", "/vendors", R"({"name":"nobody"})"));
  return response.status == 503 && problem_of(response.body).type == "/problems/unavailable" &&
         response.retry_after_s > 0;
}

// ---- the take-over ---------------------------------------------------------------------------

void check_waits(CassetteProcess& waiting, const std::string& vendor) {
  REQUIRE(waiting.start());
  CHECK(Marketplace(waiting.http_url()).stock(vendor, "part").on_hand == kPlenty);
  CHECK(refuses_writes(waiting));
  REQUIRE(waiting.terminate() == 0);
}

void take_over(std::uint32_t partitions) {
  INFO("partitions: " << partitions);
  const ScratchFolder scratch;
  const std::vector<std::string> shape{"--partitions", std::to_string(partitions)};
  CassetteProcess first(scratch / "first", shape);
  INFO(first.log_tail());
  REQUIRE(first.start());
  const auto vendors = ids_over_partitions("vendor", partitions, 2);
  for (const auto& vendor : vendors) {
    Marketplace(first.http_url()).open_shop(vendor, "part", kPlenty);
  }
  std::vector<std::string> arguments = beside(first);
  arguments.insert(arguments.end(), shape.begin(), shape.end());
  arguments.insert(arguments.end(), {"--log-level", "debug"});
  CassetteProcess second(scratch / "second", arguments);
  INFO(second.log_tail());
  check_waits(second, vendors[0]);

  const Endpoint endpoint(first.http_url());
  LoadOptions options;
  options.clients = kClients;
  options.persistence = std::chrono::milliseconds{0};
  Load load(options, endpoint, shop_and_contest(vendors));
  load.start();
  REQUIRE(load.await_answers(kAnswersBefore, kLoadLimit));
  REQUIRE(second.start({"--take-over"}));
  REQUIRE(load.await_end(kLoadLimit));
  load.finish();

  Marketplace market(second.http_url());
  market.must(write_to("POST", "/vendors", R"({"name":"afterwards"})"));
  CHECK(refuses_writes(first));
  CHECK(Marketplace(first.http_url()).stock(vendors[0], "part").on_hand == kPlenty);
  check_reach(load.writes());
  check_answers(load.writes(), market);
  settle_and_count(load.writes(), market, vendors);
  REQUIRE(second.terminate() == 0);
  REQUIRE(first.terminate() == 0);
  require_sound_models(first.data());
}

// ---- foreign messages ------------------------------------------------------------------------

// Stores `body` as the next message of the partition, whatever its engine is doing. Its sequence.
std::uint64_t intrude(eventstore::Ledger& ledger, const std::string& body) {
  std::uint64_t last = 0;
  REQUIRE(await([&] {
    const auto found = ledger.last_sequence();
    REQUIRE(found.ok());
    last = found.value();
    const auto stored = ledger.append(last, body, {}, kDeadline);
    return stored.outcome == eventstore::AppendOutcome::Stored;
  }));
  return last + 1;
}

// Every foreign message comes while the load runs; each is named by `verify`.
std::vector<std::string> intrude_often(const CassetteProcess& cassette, std::uint32_t partitions,
                                       Load& load) {
  const auto key = eventstore::load_nkey(cassette.data() / "nats" / "engine.nk");
  REQUIRE(key.ok());
  eventstore::JetStreamOptions options;
  options.url = cassette.nats_url();
  options.nkey = key.value();
  const auto connection = eventstore::JetStreamConnection::connect(options);
  REQUIRE(connection.ok());
  std::vector<std::string> positions;
  for (std::uint32_t partition = 0; partition < partitions; ++partition) {
    const auto ledger = connection.value()->ledger(partition);
    const auto old = ledger->read(2);
    REQUIRE((old.ok() && old.value().has_value()));
    for (const std::string& body :
         {std::string("not a commit"), std::string(R"({"v":1})"), old.value()->body}) {
      positions.push_back(fmt::format("{}:{}", partition, intrude(*ledger, body)));
      REQUIRE(load.await_answers(kClients, kLoadLimit));
    }
  }
  return positions;
}

void put_foreign_messages(std::uint32_t partitions) {
  INFO("partitions: " << partitions);
  const ScratchFolder scratch;
  CassetteProcess cassette(scratch / "data", {"--partitions", std::to_string(partitions)});
  INFO(cassette.log_tail());
  REQUIRE(cassette.start());
  const auto vendors = ids_over_partitions("vendor", partitions, 2);
  Marketplace market(cassette.http_url());
  for (const auto& vendor : vendors) market.open_shop(vendor, "part", kPlenty);

  const Endpoint endpoint(cassette.http_url());
  LoadOptions options;
  options.clients = 4;
  Load load(options, endpoint, [&](unsigned, const std::vector<Write>&) {
    return place_order({{vendors[0], "part"}, {vendors[1], "part"}});
  });
  load.start();
  const auto positions = intrude_often(cassette, partitions, load);
  load.finish();
  for (const Write& write : load.writes()) {
    INFO(write.request.idempotency_key << ": " << write.answer << write.refusal);
    CHECK(write.status == 201);
  }
  // This connection has no position of those writes: the models may still be folding the last.
  CHECK(await([&] {
    return market.stock(vendors[0], "part").reserved ==
           static_cast<std::int64_t>(load.writes().size());
  }));

  REQUIRE(cassette.terminate() == 0);
  const Finished verify = run_cassette({"replay", "verify", "--data", cassette.data().string(),
                                        "--read-models", (cassette.data() / "models").string()});
  INFO(verify.output << verify.errors);
  CHECK(verify.status == 0);
  for (const std::string& position : positions) {
    CHECK_MESSAGE((verify.output + verify.errors).find(position) != std::string::npos, position);
  }
  REQUIRE(cassette.start());

  CHECK(Marketplace(cassette.http_url()).must(place_order({{vendors[0], "part"}}, "after")).ok());
}

}  // namespace

TEST_CASE("A second engine waits; taking over under load, it fences the first") {
  for (const std::uint32_t partitions : {1U, 2U}) take_over(partitions);
}

TEST_CASE("Messages put into the ledger by others are void, and everything goes on") {
  for (const std::uint32_t partitions : {1U, 2U}) put_foreign_messages(partitions);
}

}  // namespace cassette::test
