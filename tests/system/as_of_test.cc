// `cassette replay as-of`: what it prints beside a running `up` and after it has ended, with a
// history that is there and one that it has to fold, and what changed between two moments.
#include <doctest/doctest.h>

#include <filesystem>

#include "tests/system/shop.h"

namespace cassette::test {
namespace {

class Auditor {
 public:
  explicit Auditor(std::string data) : data_(std::move(data)) {}

  Finished run(std::vector<std::string> words) const {
    words.insert(words.begin(), {"replay", "as-of"});
    words.insert(words.end(), {"--data", data_});
    return run_cassette(words);
  }
  std::string must(std::vector<std::string> words) const {
    const Finished finished = run(std::move(words));
    INFO(finished.errors);
    REQUIRE(finished.status == 0);
    return finished.output;
  }

 private:
  std::string data_;
};

std::string text_of(Marketplace& market, const std::string& target) {
  const api::ClientResponse response = market.send(write_to("GET", target, ""));
  REQUIRE(response.status == 200);
  return response.body;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("as-of prints what was served, while up runs, after it, and with no history yet") {
  for (const std::uint32_t partitions : {1U, 3U}) {
    CAPTURE(partitions);
    Shop shop(partitions, {});
    Marketplace& market = shop.market();
    market.open_shop("v1", "part", 10);
    const std::string first = text_of(market, "/vendors/v1/inventory/part");
    const std::string counted =
        market.must(write_to("POST", "/vendors/v1/inventory/part", R"({"quantity":7})")).position;
    const std::string second = text_of(market, "/vendors/v1/inventory/part");
    const Auditor auditor(shop.cassette().data().string());
    const std::string before =
        counted.substr(0, counted.find(':') + 1) +
        std::to_string(std::stoul(counted.substr(counted.find(':') + 1)) - 1);
    const auto check = [&] {
      CHECK(auditor.must({counted, "stock", "v1/part"}) == second + "\n");
      CHECK(auditor.must({before, "stock", "v1/part"}) == first + "\n");
      const std::string json = auditor.must({counted, "stock", "v1/part", "--json"});
      CHECK(holds(json, R"("kind":"stock","id":"v1/part","asOf":")" + counted + R"(","at":")"));
      CHECK(holds(json, R"("document":)" + second));
      const std::string diff = auditor.must({"stock", "v1/part", "--diff", before, counted});
      CHECK(holds(diff, "/quantityOnHand: 10 -> 7"));
      CHECK(holds(diff, "StockCounted by "));
      const Finished never = auditor.run({counted, "stock", "v1/other"});
      CHECK(never.status == 1);
      CHECK(never.output.empty());
      CHECK(holds(never.errors, "there was no stock v1/other"));
    };
    check();
    shop.end_and_verify();
    check();
    std::filesystem::remove_all(shop.cassette().data() / "history");
    check();
  }
}

TEST_CASE("as-of refuses what is no moment, no kind and no id by name") {
  Shop shop(3, {});
  shop.market().open_shop("v1", "part", 10);
  const Auditor auditor(shop.cassette().data().string());
  const auto refused = [&](std::vector<std::string> words, const std::string& why) {
    const Finished finished = auditor.run(std::move(words));
    INFO(finished.errors);
    CHECK(finished.status == 2);
    CHECK(holds(finished.errors, why));
  };
  refused({"yesterday", "vendor", "v1"}, "yesterday is neither");
  refused({"0:1", "basket", "b1"}, "basket b1 can't be");
  refused({"0:1", "stock", "v1"}, "stock v1 can't be");
  refused({"2999-01-01T00:00:00Z", "vendor", "v1"}, "a time to come");
  refused({"0:1", "vendor"}, "MOMENT KIND ID");
  refused({"vendor", "v1", "--diff", "0:1"}, "--diff");
  refused({"0:1", "vendor", "v1", "--unknown"}, "--unknown");
  int elsewhere = 0;
  for (const std::string p : {"0", "1", "2"}) {
    const Finished finished = auditor.run({p + ":1", "vendor", "v1"});
    if (finished.status == 1) continue;  // its own partition: there was none at commit 1
    CHECK(holds(finished.errors, "give a time"));
    ++elsewhere;
  }
  CHECK(elsewhere == 2);
  shop.end_and_verify();
}

TEST_CASE("up --no-history keeps none, and says so") {
  Shop shop(1, {"--no-history"});
  shop.market().open_shop("v1", "part", 10);
  const api::ClientResponse response =
      shop.market().send(write_to("GET", "/vendors/v1?asOf=0:3", ""));
  CHECK(response.status == 501);
  CHECK(problem_of(response.body).type == "/problems/no-history");
  CHECK_FALSE(std::filesystem::exists(shop.cassette().data() / "history"));
  const Auditor auditor(shop.cassette().data().string());
  CHECK(holds(auditor.must({"stock", "v1/part", "--diff", "0:1", "0:4"}), "StockCounted"));
  shop.end_and_verify();
}

}  // namespace cassette::test
