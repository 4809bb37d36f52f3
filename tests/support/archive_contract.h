// The contract of eventstore/archive.h as checks that every implementation passes.
// Each takes an archive that is new and folds a tape made by TapeMaker into it.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "eventstore/archive.h"
#include "tests/support/plain_commands.h"
#include "tests/support/tape_maker.h"

namespace cassette::testing {

using eventstore::Archive;
using eventstore::FoldPoint;
using eventstore::StoredCommit;

// One order of each fate: delivered and returned, open, unpaid, cancelled.
inline TapeMaker make_story() {
  TapeMaker tape;
  tape.run(register_vendor("v1"));
  tape.run(register_vendor("v2"));
  tape.run(list_product("v1", "p1"));
  tape.run(list_product("v2", "p2", 250));
  tape.run(count_stock("v1", "p1", 10));
  tape.run(count_stock("v2", "p2", 5));
  tape.run(domain::RegisterCustomer{{"customer-1"}, {"sealed name"}, {}, {}});
  tape.run(place_order("delivered", {item("v1", "p1", 2)}), "c-delivered");
  tape.run(place_order("open", {item("v1", "p1", 1), item("v2", "p2", 2)}), "c-open");
  tape.run(place_order("cancelled", {item("v2", "p2", 3)}));
  tape.run(place_manual_order("unpaid", {item("v1", "p1", 3)}));
  tape.run(advance("delivered", "v1", domain::OrderStatus::Delivered));
  tape.run(cancel_order("cancelled"));
  domain::RequestReturn request{{"delivered"}, {"v1"}, {"r1"}, {{{1}, 1}}, "too big", {}};
  tape.run(request);
  return tape;
}

inline FoldPoint point_after(const StoredCommit& commit) {
  return {{commit.position.commit, commit.position.commit, commit.hash}, commit.commit.at, {}};
}

inline void fold_range(Archive& archive, const std::vector<StoredCommit>& commits,
                       std::size_t first, std::size_t last) {
  const auto at = [&](std::size_t i) { return commits.begin() + static_cast<std::ptrdiff_t>(i); };
  const auto folded = archive.fold({at(first), at(last)}, point_after(commits[last - 1]));
  REQUIRE_MESSAGE(folded.ok(), (folded.ok() ? "" : folded.error().what));
}

inline void fold_all(Archive& archive, const TapeMaker& tape) {
  fold_range(archive, tape.commits(), 0, tape.commits().size());
}

// Pointers or optionals.
template <class T>
void require_same(const T& expected, const T& found) {
  REQUIRE(bool(expected) == bool(found));
  if (expected) CHECK_MESSAGE(*expected == *found, "the states differ");
}

// What loads from `archive` is what `tape` holds, without the orders that are not awake.
inline void require_loads(Archive& archive, const TapeMaker& tape) {
  domain::Marketplace loaded;
  REQUIRE(archive.load(loaded).ok());
  const domain::Marketplace& expected = tape.marketplace();
  for (const char* vendor : {"v1", "v2"}) {
    require_same(expected.vendor({vendor}), loaded.vendor({vendor}));
    for (const char* product : {"p1", "p2"}) {
      require_same(expected.product({vendor}, {product}), loaded.product({vendor}, {product}));
      require_same(expected.stock({vendor}, {product}), loaded.stock({vendor}, {product}));
    }
  }
  require_same(expected.customer({"customer-1"}), loaded.customer({"customer-1"}));
  std::size_t awake = 0;
  expected.for_each_order([&](const domain::OrderId& id, const domain::Order& order) {
    require_same(order.awake() ? &order : nullptr, loaded.order(id));
    awake += order.awake() ? 1 : 0;
  });
  expected.for_each_sub_order(
      [&](const domain::VendorId& vendor, const domain::OrderId& id, const domain::SubOrder& part) {
        require_same(part.awake() ? &part : nullptr, loaded.sub_order(vendor, id));
      });
  CHECK(awake > 0);
}

inline std::vector<domain::OrderId> holders_in(Archive& archive, const char* vendor,
                                               const char* product) {
  std::vector<domain::OrderId> holders;
  const auto visited = archive.for_each_holder({vendor}, {product}, [&](domain::OrderId order) {
    holders.push_back(std::move(order));
    return true;
  });
  REQUIRE(visited.ok());
  return holders;
}

// Whoever is owed units of a product in `tape`, and nobody else, is named, in order.
inline void require_names_holders(Archive& archive, const TapeMaker& tape) {
  std::size_t holders = 0;
  for (const auto& [vendor, product] : {std::pair{"v1", "p1"}, std::pair{"v2", "p2"}}) {
    const auto expected = tape.marketplace().holders_of({vendor}, {product});
    CHECK(holders_in(archive, vendor, product) == expected);
    holders += expected.size();
  }
  CHECK(holders > 1);
}

// Every order and sub-order of `tape`, closed or not, is found by its id.
inline void require_finds(Archive& archive, const TapeMaker& tape) {
  std::size_t closed = 0;
  tape.marketplace().for_each_order([&](const domain::OrderId& id, const domain::Order& order) {
    const auto found = archive.order(id);
    REQUIRE(found.ok());
    REQUIRE(found.value().has_value());
    CHECK(*found.value() == order);
    closed += order.closed() ? 1 : 0;
  });
  tape.marketplace().for_each_sub_order(
      [&](const domain::VendorId& vendor, const domain::OrderId& id, const domain::SubOrder& part) {
        const auto found = archive.sub_order(vendor, id);
        REQUIRE(found.ok());
        REQUIRE(found.value().has_value());
        CHECK(*found.value() == part);
      });
  CHECK(closed > 0);
}

inline void a_new_archive_is_at_zero(Archive& archive) {
  const auto point = archive.point();
  REQUIRE(point.ok());
  CHECK(point.value().head == eventstore::ChainHead{});
  CHECK(archive.folded() == 0);
  CHECK_FALSE(archive.order({"none"}).value().has_value());
  CHECK_FALSE(archive.sub_order({"none"}, {"none"}).value().has_value());
  CHECK_FALSE(archive.command("none").value().has_value());
}

inline void what_is_awake_loads_and_all_is_found(Archive& archive) {
  const TapeMaker tape = make_story();
  fold_all(archive, tape);
  CHECK(archive.folded() == tape.commits().back().position.commit);
  require_loads(archive, tape);
  require_finds(archive, tape);
  require_names_holders(archive, tape);
}

inline void commit_by_commit_gives_the_same(Archive& archive) {
  const TapeMaker tape = make_story();
  for (std::size_t i = 0; i < tape.commits().size(); ++i) {
    fold_range(archive, tape.commits(), i, i + 1);
  }
  require_loads(archive, tape);
  require_finds(archive, tape);
  require_names_holders(archive, tape);
}

inline void commands_are_remembered_with_their_first_answer(Archive& archive) {
  const TapeMaker tape = make_story();
  fold_all(archive, tape);
  const auto found = archive.command("c-open");
  REQUIRE(found.ok());
  REQUIRE(found.value().has_value());
  const auto same = [](const StoredCommit& commit) {
    return !commit.commit.commands.empty() && commit.commit.commands[0].id == "c-open";
  };
  const auto commit = std::ranges::find_if(tape.commits(), same);
  CHECK(found.value()->digest == "digest of c-open");
  CHECK(found.value()->status == 201);
  CHECK(found.value()->position == commit->position);
  CHECK(found.value()->at == commit->commit.at);
}

inline void the_point_is_kept_with_all_it_holds(Archive& archive) {
  const TapeMaker tape = make_story();
  FoldPoint point = point_after(tape.commits().back());
  point.head.read += 2;  // void messages after the last commit
  point.seen[3] = {77, tape.commits()[1].hash};
  REQUIRE(archive.fold(tape.commits(), point).ok());
  const auto kept = archive.point();
  REQUIRE(kept.ok());
  CHECK(kept.value().head == point.head);
  CHECK(kept.value().at == point.at);
  CHECK(kept.value().seen == point.seen);
}

inline void commits_that_do_not_follow_are_refused_and_change_nothing(Archive& archive) {
  const TapeMaker tape = make_story();
  const auto& commits = tape.commits();
  fold_range(archive, commits, 0, 5);
  const auto refused = [&](std::vector<StoredCommit> wrong) {
    const auto folded = archive.fold(wrong, point_after(wrong.back()));
    REQUIRE_FALSE(folded.ok());
    CHECK(folded.error().kind == eventstore::StoreError::Kind::Mismatch);
  };
  refused({commits[4]});              // again
  refused({commits[6]});              // a hole
  refused({commits[5], commits[7]});  // a hole between them
  StoredCommit other = commits[5];
  other.commit.prev[0] ^= 1;
  refused({other});  // another ledger's
  CHECK(archive.folded() == commits[4].position.commit);
  fold_range(archive, commits, 5, commits.size());
  require_loads(archive, tape);
}

}  // namespace cassette::testing
