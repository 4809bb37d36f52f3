// The tape carried out of the house and back: exported while the marketplace trades, killed on the
// way and gone on with, and put back as a ledger that a marketplace starts on.
#include <doctest/doctest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "eventstore/json_read.h"
#include "tests/system/shop.h"

extern char** environ;

namespace cassette::test {
namespace {

namespace fs = std::filesystem;

constexpr int kUnsound = 1;
constexpr int kCouldNotRun = 2;
// An order is placed, settled and shipped in eight events or so: enough files to be killed among.
constexpr int kOrders = 30;

void trade(Marketplace& market) {
  market.open_shop("v1", "p1", 100);
  market.open_shop("v2", "p2", 100);
  market.must(
      write_to("POST", "/customers",
               R"({"customerId":"c-1","name":"Ann","contactInfo":{"email":"a@b.example"}})"));
  for (int i = 0; i < kOrders; ++i) {
    const std::string key = "order-" + std::to_string(i);
    const auto placed = market.must(place_order({{"v1", "p1"}, {"v2", "p2"}}, key));
    market.settled_order(order_of(placed.body).order_id);
  }
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files[entry.path().filename().string()] = text_of(entry.path());
  }
  return files;
}

// `cassette ARGUMENTS` in the background, to be killed.
class Command {
 public:
  explicit Command(std::vector<std::string> words) {
    words.insert(words.begin(), std::getenv("CASSETTE_BINARY"));
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    REQUIRE(posix_spawn(&pid_, argv[0], nullptr, nullptr, argv.data(), environ) == 0);
  }
  ~Command() {
    if (pid_ != 0) kill9();
  }
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  void kill9() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

std::vector<std::string> exporting(const fs::path& data, const fs::path& out,
                                   std::vector<std::string> more = {}) {
  std::vector<std::string> words{"replay",      "export", "--data",
                                 data.string(), "--out",  out.string()};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void must_export(const fs::path& data, const fs::path& out, std::vector<std::string> more = {}) {
  const Finished done = run_cassette(exporting(data, out, std::move(more)));
  INFO(done.output);
  REQUIRE_MESSAGE(done.status == 0, done.errors);
}

Finished restore(const fs::path& out, const fs::path& data, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"replay", "restore", out.string(), "--data", data.string()};
  words.insert(words.end(), more.begin(), more.end());
  return run_cassette(words);
}

struct ModelDigest {
  std::string name;
  eventstore::Hash digest{};

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("digest", self.digest);
  }
  bool operator==(const ModelDigest&) const = default;
};

struct ModelReport {
  std::string verdict;
  std::vector<ModelDigest> models;

  static void fields(auto& self, auto&& visit) {
    visit("verdict", self.verdict);
    visit("models", self.models);
  }
};

struct VerifyReport {
  ModelReport read_models;

  static void fields(auto& self, auto&& visit) { visit("readModels", self.read_models); }
};

// Of the read models in use, which are compared with a rebuild on the way.
std::vector<ModelDigest> digests_of(const fs::path& data) {
  const Finished verified = run_cassette({"replay", "verify", "--json", "--data", data.string(),
                                          "--read-models", (data / "models").string()});
  INFO(verified.output);
  REQUIRE_MESSAGE(verified.status == 0, verified.errors);
  VerifyReport report;
  REQUIRE(eventstore::read_json(verified.output, report));
  REQUIRE(report.read_models.models.size() > 5);
  return report.read_models.models;
}

}  // namespace

TEST_CASE("An export that was killed goes on when it is begun again, to the same bytes") {
  Shop shop(2);
  trade(shop.market());
  const fs::path data = shop.cassette().data();
  const std::vector<std::string> slowly{"--rows-per-file", "1"};
  must_export(data, shop.scratch() / "whole", slowly);
  const auto expected = files_of(shop.scratch() / "whole");
  REQUIRE(expected.size() > 100);
  const fs::path out = shop.scratch() / "killed";
  int kills = 0;
  for (const std::string file : {"events-0-00004.jsonl", "events-1-00030.jsonl"}) {
    Command child(exporting(data, out, slowly));
    REQUIRE(await([&] { return fs::exists(out / file); }));
    child.kill9();
    kills += fs::exists(out / "manifest.json") ? 0 : 1;
  }
  CHECK(kills == 2);
  must_export(data, out, slowly);
  CHECK(files_of(out) == expected);
  const Finished checked = restore(out, shop.scratch() / "none", {"--check"});
  CHECK_MESSAGE(checked.status == 0, checked.output);
  CHECK(checked.output.starts_with("sound: "));
  const Finished again = run_cassette(exporting(data, out, slowly));
  CHECK(again.output.starts_with("there already, whole: "));
}

TEST_CASE("A ledger put back is the ledger: the same read models, and a marketplace goes on") {
  Shop shop(2);
  trade(shop.market());
  const fs::path data = shop.cassette().data();
  REQUIRE(shop.cassette().terminate() == 0);
  const fs::path out = shop.scratch() / "out";
  must_export(data, out, {"--rows", "commits"});
  const fs::path back = shop.scratch() / "back";
  const Finished restored = restore(out, back);
  INFO(restored.output);
  REQUIRE_MESSAGE(restored.status == 0, restored.errors);
  CHECK_FALSE(fs::exists(back.string() + ".restoring"));
  const Finished refused = restore(out, back);
  CHECK(refused.status == kCouldNotRun);
  CHECK(refused.errors.find("is not empty") != std::string::npos);
  REQUIRE(run_cassette({"replay", "rebuild", "--data", back.string()}).status == 0);
  CHECK(digests_of(back) == digests_of(data));

  CassetteProcess second(back);
  REQUIRE_MESSAGE(second.start(), second.log_tail());
  Marketplace market(second.http_url());
  CHECK(market.orders().size() == static_cast<std::size_t>(kOrders));
  const auto placed = market.must(place_order({{"v1", "p1"}, {"v2", "p2"}}, "the-next"));
  CHECK(market.settled_order(order_of(placed.body).order_id).status == "Confirmed");
  CHECK(market.stock("v1", "p1").reserved == kOrders + 1);
  REQUIRE(second.terminate() == 0);
  require_sound_models(back);
}

TEST_CASE("A restore that was killed leaves no ledger, and can be begun again") {
  Shop shop(2);
  trade(shop.market());
  const fs::path data = shop.cassette().data();
  const fs::path out = shop.scratch() / "out";
  must_export(data, out, {"--rows", "commits"});
  const fs::path back = shop.scratch() / "back";
  {
    Command child({"replay", "restore", out.string(), "--data", back.string()});
    REQUIRE(await([&] { return fs::exists(back.string() + ".restoring/nats/server.json"); }));
    child.kill9();
  }
  CHECK_FALSE(fs::exists(back));
  const Finished restored = restore(out, back);
  REQUIRE_MESSAGE(restored.status == 0, restored.errors);
  require_sound(back);
  std::ofstream(out / "commits-0-00001.jsonl", std::ios::app) << "{}\n";
  const Finished damaged = restore(out, shop.scratch() / "other");
  CHECK(damaged.status == kUnsound);
  CHECK(damaged.output.find("commits-0-00001.jsonl") != std::string::npos);
  CHECK_FALSE(fs::exists(shop.scratch() / "other"));
}

TEST_CASE("An order's story is told while the marketplace runs, and of none that there is not") {
  Shop shop(2);
  trade(shop.market());
  const std::string id = shop.market().orders().front().order_id;
  const std::string data = shop.cassette().data().string();
  const Finished told = run_cassette({"replay", "explain", "order", id, "--data", data});
  CHECK(told.status == 0);
  CHECK(told.output.starts_with("order " + id + " of customer "));
  CHECK(told.output.find("vendor v2: Confirmed") != std::string::npos);
  const Finished json = run_cassette({"replay", "explain", "order", id, "--json", "--data", data});
  CHECK(json.output.starts_with("{\"orderId\":\"" + id + "\""));
  CHECK(run_cassette({"replay", "explain", "order", "nobodys", "--data", data}).status == kUnsound);
  const Finished refused = run_cassette({"replay", "explain", "parcel", id, "--data", data});
  CHECK(refused.status == kCouldNotRun);
  const Finished unknown = run_cassette({"replay", "export", "--out", "x", "--shape", "y"});
  CHECK(unknown.status == kCouldNotRun);
  CHECK(unknown.errors.find("--shape") != std::string::npos);
}

}  // namespace cassette::test
