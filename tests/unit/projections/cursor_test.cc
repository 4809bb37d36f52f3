// Cursors that combine others: where they stand together, and what they say when they give up.
#include <doctest/doctest.h>

#include <algorithm>

#include "projections/rocks_cursor.h"

namespace cassette::projections {
namespace {

using Places = std::vector<std::string>;

// An index in memory. `cost` is what one seek counts for.
class Listed : public Cursor {
 public:
  explicit Listed(Places places, std::size_t cost = 1) : places_(std::move(places)), cost_(cost) {}

  void seek(std::string_view place) override {
    ++sought;
    at_ = std::ranges::lower_bound(places_, place);
  }
  std::size_t seeks() const override { return cost_; }
  void next() override { ++at_; }
  bool valid() const override { return at_ != places_.end(); }
  std::string_view place() const override { return *at_; }
  Stored<Done> status() const override { return Done{}; }

  static inline std::size_t sought = 0;

 private:
  Places places_;
  std::size_t cost_;
  Places::iterator at_ = places_.end();
};

std::string place(std::size_t number) {
  const std::string digits = std::to_string(number);
  return std::string(8 - digits.size(), '0') + digits;
}

// Every `step`th place from `from` on, up to `count` of them.
Places every(std::size_t step, std::size_t from, std::size_t count) {
  Places places;
  for (std::size_t i = 0; i < count; ++i) places.push_back(place(from + i * step));
  return places;
}

std::unique_ptr<Cursor> both(const Places& one, const Places& other, std::size_t cost = 1) {
  Cursors cursors;
  cursors.push_back(std::make_unique<Listed>(one, cost));
  cursors.push_back(std::make_unique<Listed>(other, cost));
  return all_of(std::move(cursors));
}

// All places that both have, by as many cursors as it takes, each from where one gave up.
Places walk(const Places& one, const Places& other) {
  Places found;
  std::string from = place(0);
  while (!from.empty()) {
    const auto cursor = both(one, other);
    for (cursor->seek(from); cursor->valid(); cursor->next()) {
      found.emplace_back(cursor->place());
    }
    from = cursor->gave_up_at();
  }
  return found;
}

// The page had no `next` although more was there, when the bound was met between two finds.
TEST_CASE("whoever gives up says where, also right behind a find") {
  for (const std::size_t count : {kMaxSeeks / 2 - 1, kMaxSeeks / 2, kMaxSeeks / 2 + 1, kMaxSeeks}) {
    const Places places = every(1, 0, count);
    CHECK(walk(places, places) == places);
  }
}

TEST_CASE("places that few have together are all found") {
  Places even = every(2, 0, kMaxSeeks);
  Places odd = every(2, 1, kMaxSeeks);
  even.push_back(place(3 * kMaxSeeks));
  odd.push_back(place(3 * kMaxSeeks));
  CHECK(walk(even, odd) == Places{place(3 * kMaxSeeks)});
}

TEST_CASE("what gives up is bounded by the seeks it makes, not by its leaps") {
  const std::size_t cost = 50;
  const Places even = every(2, 0, kMaxSeeks);
  const Places odd = every(2, 1, kMaxSeeks);
  Listed::sought = 0;
  const auto cursor = both(even, odd, cost);
  cursor->seek(place(0));
  CHECK_FALSE(cursor->valid());
  CHECK_FALSE(cursor->gave_up_at().empty());
  CHECK(Listed::sought <= kMaxSeeks / cost + 1);
}

TEST_CASE("a cursor over any of several costs what all of them do") {
  Cursors cursors;
  for (int i = 0; i < 3; ++i) cursors.push_back(std::make_unique<Listed>(every(1, 0, 2), 2));
  CHECK(any_of(std::move(cursors))->seeks() == 6);
}

}  // namespace
}  // namespace cassette::projections
