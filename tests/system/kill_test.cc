// Kills: SIGKILL to cassette, to its nats-server and to both, at random moments under a load that
// orders, ships, cancels and restocks. What was acknowledged must stand, what was not must come out
// once when it is repeated, and no unit may appear or vanish.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

#include "domain/check.h"
#include "tests/system/shoppers.h"

namespace cassette::test {
namespace {

constexpr unsigned kClients = 12;
constexpr std::size_t kVendors = 3;
constexpr std::int64_t kFirstCount = 40;
// Answers between two kills.
constexpr std::uint64_t kMostAnswers = 120;
constexpr std::chrono::milliseconds kAnswersLimit{60'000};

// ---- kills -----------------------------------------------------------------------------------

enum class Victim { Cassette, Nats, Both };

std::vector<Victim> ten_victims(Random& random) {
  std::vector<Victim> victims(4, Victim::Cassette);
  victims.insert(victims.end(), 3, Victim::Nats);
  victims.insert(victims.end(), 3, Victim::Both);
  std::shuffle(victims.begin(), victims.end(), random);
  return victims;
}

// Now and then it is killed again while it starts.
void start_again(CassetteProcess& cassette, Endpoint& endpoint, Random& random) {
  if (happens(random, 25)) {
    cassette.launch();
    REQUIRE(cassette.await_line(happens(random, 50) ? "nats: " : "http: "));
    cassette.kill9();
  }
  REQUIRE(cassette.start());
  endpoint.move_to(cassette.http_url());
}

void strike(Victim victim, CassetteProcess& cassette, Endpoint& endpoint, Random& random) {
  const bool nats_first = happens(random, 50);
  const auto kill_nats = [&] { REQUIRE(await([&] { return cassette.kill_nats(); })); };
  switch (victim) {
    case Victim::Nats:
      return kill_nats();  // cassette is to bring it back by itself
    case Victim::Cassette:
      cassette.kill9();
      break;
    case Victim::Both:
      if (nats_first) kill_nats();
      cassette.kill9();
      if (!nats_first) kill_nats();
      break;
  }
  start_again(cassette, endpoint, random);
}

// ---- checks ----------------------------------------------------------------------------------

// What the clients were told, put together.
struct Told {
  std::map<std::string, const Write*> orders;  // standing, by id: what placed them
  std::set<std::string> shipped;               // their first part
  std::set<std::string> cancelled;             // as a whole
  std::set<std::string> refused;               // recorded, and cancelled for shortage
  std::map<std::string, std::int64_t> counted_in;
};

std::string order_id_in(const Write& write) {
  static constexpr std::string_view kOrders = "/orders/";
  const std::string rest = write.request.target.substr(kOrders.size());
  return rest.substr(0, rest.find('/'));
}

void take_order(const Write& write, Told& told) {
  if (write.accepted()) {
    const std::string id = order_of(write.answer).order_id;
    CHECK_MESSAGE(told.orders.emplace(id, &write).second, "two keys made order " << id);
    return;
  }
  const ProblemView problem = problem_of(write.answer);
  CHECK(write.status == 409);
  CHECK(problem.type == "/problems/insufficient-stock");
  if (!problem.order_id.empty()) told.refused.insert(problem.order_id);
}

Told what_was_told(const std::vector<Write>& writes, const std::vector<std::string>& vendors) {
  Told told;
  for (const std::string& vendor : vendors) told.counted_in[vendor + "/part"] = kFirstCount;
  for (const Write& write : writes) {
    INFO(write.request.idempotency_key << " " << write.request.method << " " << write.request.target
                                       << " after " << write.tries << " tries: " << write.status
                                       << " " << write.answer << write.refusal);
    REQUIRE(write.answered());
    if (is_order(write)) {
      take_order(write, told);
      continue;
    }
    CHECK(write.accepted());
    if (is_restock(write)) {
      const std::string vendor =
          write.request.target.substr(9, write.request.target.find('/', 9) - 9);
      told.counted_in[vendor + "/part"] += kRestocked;
    } else if (write.request.method == "PATCH") {
      told.shipped.insert(order_id_in(write));
    } else {
      told.cancelled.insert(order_id_in(write));
    }
  }
  return told;
}

void check_order(const OrderView& order, const Told& told) {
  INFO("order " << order.order_id);
  if (told.refused.contains(order.order_id) || told.cancelled.contains(order.order_id)) {
    CHECK(order.status == "Cancelled");
    return;
  }
  REQUIRE_MESSAGE(told.orders.contains(order.order_id), "nobody was told of it");
  bool first = true;
  for (const PartView& part : order.parts) {
    const bool shipped = first && told.shipped.contains(order.order_id);
    CHECK(part.status == (shipped ? "Shipped" : "Confirmed"));
    first = false;
  }
}

// Counted in is on hand or shipped; promised is reserved; all as the stock documents say.
bool books_match(Marketplace& market, const std::vector<OrderView>& orders, const Told& told) {
  Books books = books_of(orders);
  for (const auto& [item, counted] : told.counted_in) {
    const StockView stock = market.stock(item.substr(0, item.find('/')), "part");
    if (stock.on_hand + books.shipped[item] != counted) return false;
    if (stock.reserved != books.promised[item]) return false;
    if (stock.available != stock.on_hand - stock.reserved || stock.available < 0) return false;
  }
  return true;
}

void check_all(Marketplace& market, const std::vector<Write>& writes,
               const std::vector<std::string>& vendors) {
  const Told told = what_was_told(writes, vendors);
  // The models may still be folding what was answered last, and the order's partition recording
  // what the vendors' have done.
  const std::size_t known = told.orders.size() + told.refused.size();
  std::vector<OrderView> orders;
  CHECK(await([&] {
    orders = market.orders();
    return orders.size() >= known && books_match(market, orders, told);
  }));
  CHECK(orders.size() == known);
  for (const OrderView& order : orders) check_order(order, told);
}

// What had to be repeated, and is repeated once more, is the same order and no other.
void repeat_uncertain(Marketplace& market, const std::vector<Write>& writes) {
  for (const Write& write : writes) {
    if (!is_order(write) || !write.accepted() || write.tries < 2) continue;
    const api::ClientResponse again = market.must(write.request);
    CHECK(order_of(again.body).order_id == order_of(write.answer).order_id);
  }
}

// ---- a round ---------------------------------------------------------------------------------

void ten_kills(std::uint32_t partitions, Random& random) {
  INFO("partitions: " << partitions);
  const ScratchFolder scratch;
  CassetteProcess cassette(scratch / "data", {"--partitions", std::to_string(partitions)});
  INFO(cassette.log_tail());
  REQUIRE(cassette.start());
  const auto vendors = ids_over_partitions("vendor", partitions, kVendors);
  for (const std::string& vendor : vendors) {
    Marketplace(cassette.http_url()).open_shop(vendor, "part", kFirstCount);
  }

  Endpoint endpoint(cassette.http_url());
  Shoppers shoppers(draw(random, 0, UINT32_MAX), kClients, vendors);
  LoadOptions options;
  options.clients = kClients;
  Load load(options, endpoint, [&](unsigned client, const std::vector<Write>& so_far) {
    return shoppers.next(client, so_far);
  });
  load.start();
  for (const Victim victim : ten_victims(random)) {
    REQUIRE(load.await_answers(draw(random, 1, kMostAnswers), kAnswersLimit));
    strike(victim, cassette, endpoint, random);
  }
  REQUIRE(load.await_answers(1, kAnswersLimit));
  load.finish();

  const std::vector<Write> writes = load.writes();
  Marketplace market(cassette.http_url());
  check_all(market, writes, vendors);
  repeat_uncertain(market, writes);
  check_all(market, writes, vendors);
  REQUIRE(cassette.terminate() == 0);
  require_sound_models(cassette.data());
}

}  // namespace

TEST_CASE("Fifty kills of cassette, nats-server and both under load lose and invent nothing") {
  const std::uint64_t seed = choose_seed();
  INFO("CASSETTE_SEED=" << seed);
  Random random(seed);
  for (const std::uint32_t partitions : {1U, 2U, 3U, 1U, 4U}) ten_kills(partitions, random);
}

}  // namespace cassette::test
