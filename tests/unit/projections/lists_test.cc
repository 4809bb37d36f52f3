// What lists are made of: words, places that sort, and tokens that only their own query takes back.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "projections/index_keys.h"
#include "projections/list_token.h"
#include "projections/words.h"

using namespace cassette;
using domain::Timestamp;
using projections::list_token;
using projections::ListQuery;
using projections::newest_first;
using projections::place_of;

namespace {

using Words = std::vector<std::string>;

projections::ProductDocument product() {
  projections::ProductDocument document;
  document.vendor_id = {"v1"};
  document.product_id = {"p1"};
  document.name = "Mountain Pedal";
  document.sku = "PD-M282";
  document.category = "Pedals";
  document.description = "Lightweight, durable; pedal for the mountain.";
  document.version = 1;
  return document;
}

ListQuery query(ListQuery::List list) {
  ListQuery made;
  made.list = list;
  return made;
}

std::string place(std::int64_t micros, const std::string& key) {
  return newest_first({micros}) + key;
}

}  // namespace

TEST_CASE("words are runs of letters and digits, in lower case") {
  CHECK((projections::words_in("PD-M282, Überlänge 27.5\"") ==
         Words{"pd", "m282", "Überlänge", "27", "5"}));
  CHECK(projections::words_in(" -- ").empty());
}

TEST_CASE("a long word is cut, the same in products and queries") {
  const std::string word(projections::kMaxWordBytes + 7, 'x');
  CHECK_EQ(projections::words_in(word).front().size(), projections::kMaxWordBytes);
}

TEST_CASE("a product is found by each of its words once") {
  CHECK((projections::words_of(product()) == Words{"durable", "for", "lightweight", "m282",
                                                   "mountain", "pd", "pedal", "pedals", "the"}));
}

TEST_CASE("a product with endless words keeps those of its name") {
  projections::ProductDocument document = product();
  for (std::size_t i = 0; i < 2 * projections::kMaxWords; ++i) {
    document.description->append(" a").append(std::to_string(i));
  }
  const Words words = projections::words_of(document);
  CHECK_EQ(words.size(), projections::kMaxWords);
  CHECK(std::ranges::find(words, "pedals") != words.end());
}

TEST_CASE("newer times sort first, before 1970 too") {
  CHECK_LT(newest_first({2}), newest_first({1}));
  CHECK_LT(newest_first({1}), newest_first({-1}));
  CHECK_LT(newest_first({-1}), newest_first({-2}));
  for (const std::int64_t micros :
       {std::int64_t{0}, std::int64_t{-5}, std::numeric_limits<std::int64_t>::max()}) {
    CHECK_EQ(projections::time_of(newest_first({micros})).micros, micros);
  }
}

TEST_CASE("events of one time sort by partition, then the last first") {
  const auto at = [](std::uint32_t partition, std::uint64_t commit, std::uint32_t index) {
    return projections::timeline_place({7}, {{partition, commit}, index});
  };
  CHECK_LT(at(0, 1, 0), at(1, 9, 9));
  CHECK_LT(at(0, 2, 0), at(0, 1, 5));
  CHECK_LT(at(0, 2, 1), at(0, 2, 0));
  CHECK_EQ(at(0, 0, 0).size(), projections::kTimelinePlaceBytes);
}

TEST_CASE("a delisted product keeps only the indexes of all that ever were") {
  projections::ProductDocument document = product();
  const std::size_t listed = projections::index_keys(document).size();
  document.status = domain::ProductStatus::Delisted;
  CHECK_EQ(projections::index_keys(document).size(), 3);
  CHECK_GT(listed, 10);
}

TEST_CASE("a token leads back to its place, for its own query at any limit") {
  ListQuery orders = query(ListQuery::List::Orders);
  const std::string token = list_token(orders, place(7, "o1"));
  orders.limit = 7;
  CHECK_EQ(place_of(orders, token).value_or(""), place(7, "o1"));
  CHECK_EQ(list_token(orders, ""), "");
}

TEST_CASE("a token of another list or other filters is refused") {
  const ListQuery orders = query(ListQuery::List::Orders);
  const std::string token = list_token(orders, place(7, "o1"));
  CHECK_FALSE(place_of(query(ListQuery::List::Vendors), token));
  ListQuery filtered = orders;
  filtered.statuses = {domain::OrderStatus::Packed};
  CHECK_FALSE(place_of(filtered, token));
  filtered = orders;
  filtered.updated_after = Timestamp{1};
  CHECK_FALSE(place_of(filtered, token));
  filtered = query(ListQuery::List::Products);
  filtered.text = "ab";
  ListQuery other = query(ListQuery::List::Products);
  other.category = "ab";
  CHECK_FALSE(place_of(other, list_token(filtered, place(7, "v/p"))));
}

TEST_CASE("a token that no page gave is refused, whatever its bytes") {
  const ListQuery orders = query(ListQuery::List::Orders);
  const std::string token = list_token(orders, place(7, "o1"));
  for (std::size_t length = 0; length < token.size() - 1; ++length) {
    CHECK_FALSE(place_of(orders, token.substr(0, length)));
  }
  for (const char* key : {"o 1", "o1/", "a/b/c", "", "o\xff"}) {
    CHECK_FALSE(place_of(orders, list_token(orders, place(7, key))));
  }
  CHECK_FALSE(place_of(orders, token + std::string(200, 'x')));
  const ListQuery timeline = query(ListQuery::List::Timeline);
  CHECK_FALSE(place_of(timeline, list_token(timeline, place(7, "o1"))));
}
