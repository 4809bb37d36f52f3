// Bounds: what the machine does not give without end. A full disk, an order to stop and many large
// requests each get clear answers; the process lives, keeps its word, and goes on when it can.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "tests/system/shop.h"
#include "tests/system/small_disk.h"

namespace cassette::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr std::int64_t kPlenty = 100'000'000;
constexpr std::size_t kManyLines = 1000;
constexpr int kMostWrites = 5000;

bool may_fill_disks() {
  if (SmallDisk::possible()) return true;
  MESSAGE("NOT TESTED: mounting a small disk needs root; a full disk was not tried");
  return false;
}

bool alive(const Shop& shop) {
  Marketplace market(const_cast<Shop&>(shop).cassette().http_url());
  return market.send(write_to("GET", "/health/live", "")).status == 200;
}

bool writes_are_taken(Shop& shop, const std::string& key) {
  return shop.market().try_send(place_order({{"vendor", "part"}}, key)).ok();
}

// A commit of some 100 KiB.
api::ClientRequest large_order(const std::string& key) {
  return place_order(std::vector<Want>(kManyLines, {"vendor", "part"}), key);
}

// Writes until it is refused; how many orders stood before. Every refusal must be a clear 503.
int order_until_refused(Shop& shop, const std::string& prefix) {
  for (int placed = 0; placed < kMostWrites; ++placed) {
    const auto response = shop.market().send(large_order(fmt::format("{}-{}", prefix, placed)));
    if (response.ok()) continue;
    INFO(response.body);
    CHECK(response.status == 503);
    CHECK(response.retry_after_s > 0);
    CHECK(problem_of(response.body).type.starts_with("/problems/"));
    return placed;
  }
  FAIL("the disk never fills");
  return 0;
}

std::uint64_t resident_bytes(pid_t pid) {
  std::ifstream statm(fmt::format("/proc/{}/statm", pid));
  std::uint64_t pages = 0;
  statm >> pages >> pages;
  return pages * 4096;
}

// The folder's disk fills up under orders, gets room again, and nothing acknowledged is lost.
void fill_up(const std::string& folder, std::uint64_t bytes) {
  if (!may_fill_disks()) return;
  Shop shop(1);
  shop.market().open_shop("vendor", "part", kPlenty);
  REQUIRE(shop.cassette().terminate() == 0);
  SmallDisk disk(shop.cassette().data() / folder, bytes);
  shop.start();
  REQUIRE(writes_are_taken(shop, "before"));
  disk.fill();
  const int placed = order_until_refused(shop, "large");
  CHECK(alive(shop));
  CHECK(shop.cassette().running());

  disk.make_room();
  CHECK(await([&] { return writes_are_taken(shop, "after"); }));
  // What was refused is repeated, and comes out once like all the others.
  CHECK(await(
      [&] { return shop.market().try_send(large_order(fmt::format("large-{}", placed))).ok(); }));
  CHECK(
      await([&] { return shop.market().orders().size() == static_cast<std::size_t>(placed) + 3; }));
  shop.end_and_verify();
}

}  // namespace

TEST_CASE("The ledger's disk is full") {
  fill_up("nats", 64 * kMiB);
}

TEST_CASE("The archive's disk is full") {
  fill_up("archive", 64 * kMiB);
}

TEST_CASE("The read models' disk is full") {
  fill_up("models", 64 * kMiB);
}

TEST_CASE("The ledger fills its disk by itself, and goes on when the disk has grown") {
  if (!may_fill_disks()) return;
  Shop shop(1);
  shop.market().open_shop("vendor", "part", kPlenty);
  REQUIRE(shop.cassette().terminate() == 0);
  SmallDisk disk(shop.cassette().data() / "nats", 16 * kMiB);
  shop.start();
  const int placed = order_until_refused(shop, "large");
  CHECK(alive(shop));
  CHECK(shop.market().orders().size() == static_cast<std::size_t>(placed));
  REQUIRE(shop.cassette().terminate() == 0);
  disk.grow(64 * kMiB);
  shop.start();
  shop.market().must(large_order(fmt::format("large-{}", placed)));
  CHECK(shop.market().orders().size() == static_cast<std::size_t>(placed) + 1);
  shop.end_and_verify();
}

TEST_CASE("SIGTERM under load drains: what was acknowledged is there, and the exit is 0") {
  for (const std::uint32_t partitions : {1U, 3U}) {
    INFO("partitions: " << partitions);
    Shop shop(partitions);
    const auto vendors = ids_over_partitions("vendor", partitions, 2);
    for (const auto& vendor : vendors) shop.market().open_shop(vendor, "part", kPlenty);
    const Endpoint endpoint(shop.cassette().http_url());
    LoadOptions options;
    options.persistence = std::chrono::milliseconds{0};
    Load load(options, endpoint,
              [&](unsigned, const std::vector<Write>& so_far) -> std::optional<api::ClientRequest> {
                if (!so_far.empty() && !so_far.back().answered()) return std::nullopt;
                return place_order({{vendors[0], "part"}, {vendors[1], "part"}});
              });
    load.start();
    REQUIRE(load.await_answers(300, kDeadline));
    CHECK(shop.cassette().terminate() == 0);
    REQUIRE(load.await_end(kDeadline));
    load.finish();

    shop.start();
    std::map<std::string, std::string> status;
    for (const OrderView& order : shop.market().orders()) status[order.order_id] = order.status;
    for (const Write& write : load.writes()) {
      INFO(write.request.idempotency_key << ": " << write.status << write.answer << write.refusal);
      if (write.accepted()) CHECK(status[order_of(write.answer).order_id] == "Confirmed");
      if (!write.answered()) shop.market().must(write.request);
    }
    CHECK(await([&] { return shop.market().orders().size() == load.writes().size(); }));
    shop.end_and_verify();
  }
}

TEST_CASE("Many bodies past the limit at once are refused without being kept") {
  Shop shop(1);
  const std::uint64_t before = resident_bytes(shop.cassette().pid());
  const Endpoint endpoint(shop.cassette().http_url());
  LoadOptions options;
  options.clients = 16;
  options.max_writes = 4;
  options.persistence = std::chrono::milliseconds{0};
  const std::string huge = order_body({}, R"(,"x":")" + std::string(10 * kMiB, 'x') + "\"");
  Load load(options, endpoint, [&](unsigned, const std::vector<Write>&) {
    return std::optional(write_to("POST", "/orders", huge));
  });
  load.start();
  REQUIRE(load.await_end(kDeadline));
  load.finish();
  for (const Write& write : load.writes()) {
    if (write.answered()) CHECK(write.status == 413);  // else the connection was cut while it sent
  }
  CHECK(resident_bytes(shop.cassette().pid()) < before + 100 * kMiB);
  CHECK(alive(shop));
  shop.end_and_verify();
}

TEST_CASE("Orders that are done leave memory") {
  constexpr int kMaxRounds = 16;
  // Of 3,200 orders, that is 5 KiB each.
  constexpr std::uint64_t kRoundBytes = 16 * kMiB;
  Shop shop(1);
  shop.market().open_shop("vendor", "part", kPlenty);
  const Endpoint endpoint(shop.cassette().http_url());
  const auto deliver_half = [&](const std::string& prefix) {
    LoadOptions options;
    options.max_writes = 400;
    options.key_prefix = prefix;
    Load load(options, endpoint, [](unsigned, const std::vector<Write>& so_far) {
      if (so_far.size() % 2 == 0) return place_order({{"vendor", "part"}});
      const std::string id = order_of(so_far.back().answer).order_id;
      return write_to("PATCH", fmt::format("/orders/{}/status", id), R"({"status":"Delivered"})");
    });
    load.start();
    REQUIRE(load.await_end(2 * kDeadline));
    load.finish();
    for (const Write& write : load.writes()) CHECK_MESSAGE(write.accepted(), write.answer);
  };
  // What RocksDB gathers before it writes it out grows to its bound, and then no more. Two rounds,
  // since memory that is given back in one would hide what stays.
  std::uint64_t before = resident_bytes(shop.cassette().pid());
  int at_rest = 0;
  for (int round = 0; round < kMaxRounds && at_rest < 2; ++round) {
    deliver_half(fmt::format("round-{}", round));
    const std::uint64_t after = resident_bytes(shop.cassette().pid());
    at_rest = after < before + kRoundBytes ? at_rest + 1 : 0;
    before = after;
  }
  CHECK(at_rest == 2);
  shop.end_and_verify();
}

}  // namespace cassette::test
