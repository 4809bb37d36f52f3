// Replies: what an engine hands back with an acceptance, and when it hands back nothing; and the
// request that events name.
#include <doctest/doctest.h>

#include <functional>
#include <future>
#include <map>

#include "tests/support/engine_rig.h"
#include "tests/support/plain_commands.h"

using namespace cassette;
using namespace cassette::eventstore;
using namespace cassette::testing;

namespace {

Accepted accepted(Reply reply) {
  REQUIRE(std::holds_alternative<Accepted>(reply));
  return std::get<Accepted>(std::move(reply));
}

}  // namespace

TEST_CASE("an acceptance comes with the commit that the ledger holds") {
  EngineRig rig;
  rig.start();
  stock_up(rig, "v1", "p1", 10);
  const Accepted reply = accepted(rig.execute(order_of("o1", "v1", "p1", 1), "key"));
  REQUIRE(reply.commit != nullptr);
  const StoredCommit last = rig.commits().back();
  CHECK(reply.commit->position() == reply.position);
  const StoredCommit* commit = reply.commit->decoded();
  REQUIRE(commit != nullptr);
  CHECK(commit->position == last.position);
  CHECK(commit->hash == last.hash);
  CHECK(commit->bytes == last.bytes);
  CHECK(commit->commit == last.commit);
  CHECK(reply.first_event == 0);
}

TEST_CASE("each acceptance of one commit names its own first event") {
  EngineRig rig;
  rig.start();
  stock_up(rig, "v1", "p1", 100);
  constexpr std::size_t kOrders = 50;
  std::map<std::string, Accepted> replies;  // by the engine's thread alone, until it stops
  const auto submit = [&](const std::string& id, std::function<void()> then) {
    Request request;
    request.command = order_of(id, "v1", "p1", 1);
    rig.submit(std::move(request), [&replies, id, then = std::move(then)](Reply reply) {
      if (auto* yes = std::get_if<Accepted>(&reply)) replies[id] = std::move(*yes);
      then();
    });
  };
  // The others come from the engine's own thread, so that it finds them together.
  std::promise<void> submitted;
  submit("o0", [&] {
    for (std::size_t n = 1; n < kOrders; ++n) submit("o" + std::to_string(n), [] {});
    submitted.set_value();
  });
  submitted.get_future().wait();
  rig.stop();
  REQUIRE(replies.size() == kOrders);
  bool any_behind_another = false;
  for (const auto& [id, reply] : replies) {
    REQUIRE(reply.commit != nullptr);
    const StoredCommit* commit = reply.commit->decoded();
    REQUIRE(commit != nullptr);
    REQUIRE(reply.first_event < commit->commit.events.size());
    const auto& first = commit->commit.events[reply.first_event].event;
    const auto* placed = std::get_if<domain::OrderPlaced>(&first);
    REQUIRE(placed != nullptr);
    CHECK(placed->order_id.value == id);
    any_behind_another = any_behind_another || reply.first_event > 0;
  }
  CHECK(any_behind_another);
}

TEST_CASE("a repeat, and what changes nothing, come without a commit") {
  EngineRig rig;
  rig.start();
  stock_up(rig, "v1", "p1", 10);
  const Accepted first = accepted(rig.execute(order_of("o1", "v1", "p1", 1), "key"));
  const Accepted repeat = accepted(rig.execute(order_of("o1", "v1", "p1", 1), "key"));
  CHECK(repeat.repeated);
  CHECK(repeat.position == first.position);
  CHECK(repeat.commit == nullptr);
  const Accepted already =
      accepted(rig.execute(advance("o1", "v1", domain::OrderStatus::Confirmed), "other"));
  CHECK_FALSE(already.changed);
  CHECK(already.commit == nullptr);
}

TEST_CASE("every event of an order names the request that asked for it") {
  for (const std::uint32_t partitions : {1U, 2U}) {
    EngineRig rig{{.partitions = partitions}};
    rig.start();
    const std::string vendor = rig.id_at(partitions - 1, "v");
    const std::string order = rig.id_at(0, "o");
    stock_up(rig, vendor, "p1", 10);
    Request request;
    request.command = order_of(order, vendor, "p1", 1);
    request.by = "admin";
    request.request_id = "01932a4e-8c1f-7d2b-9a55-3f0c8e6b7d10";
    rig.submit(std::move(request), [](const Reply&) {});
    const auto named = [&] {
      int events = 0;
      for (std::uint32_t p = 0; p < partitions; ++p) {
        for (const StoredCommit& stored : rig.commits(p)) {
          for (const RecordedEvent& recorded : stored.commit.events) {
            events += recorded.request == "01932a4e-8c1f-7d2b-9a55-3f0c8e6b7d10" ? 1 : 0;
          }
        }
      }
      return events;
    };
    CHECK(rig.eventually(0, [&](const domain::Marketplace&) { return named() == 7; }));
  }
}
