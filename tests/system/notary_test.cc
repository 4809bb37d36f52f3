// The notary of a whole cassette: heads come while it runs, two never contradict one another
// however often it is killed, and a proof holds where there is nothing but the public key.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <map>

#include "eventstore/data_folder.h"
#include "replay/notary.h"
#include "tests/support/nats_fixture.h"
#include "tests/system/shop.h"

namespace cassette::test {
namespace {

namespace fs = std::filesystem;
using replay::SignedHead;

// Kills that hit a head on its way, and rounds to get them in.
constexpr int kWantedHits = 3;
constexpr int kMostRounds = 30;

void write_all(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::vector<SignedHead> heads_in(const fs::path& data) {
  const auto text = eventstore::read_file(replay::heads_file(data));
  return text ? must(replay::parse_heads(text.value())) : std::vector<SignedHead>();
}

void await_heads(const fs::path& data, std::size_t count) {
  REQUIRE(await([&] { return heads_in(data).size() >= count; }));
}

std::string key_of(const fs::path& data) {
  return must(eventstore::notary_public_keys_of(replay::notary_keys_file(data).string()))
      .back()
      .text();
}

// All heads that were ever seen anywhere, and whether any two contradict one another.
class Seen {
 public:
  void take(const SignedHead& head) {
    const auto [by_number, first] = numbers_.emplace(head.number, replay::to_line(head));
    CHECK_MESSAGE(by_number->second == replay::to_line(head), "two heads " << head.number);
    for (std::size_t p = 0; p < head.partitions.size(); ++p) {
      const replay::PartitionHead& end = head.partitions[p];
      const auto [by_size, new_size] = roots_.emplace(std::pair(p, end.size), end);
      CHECK_MESSAGE(by_size->second == end, "two roots of size " << end.size);
    }
  }
  // Also what was signed and is not in the file yet. Gives whether there is such a head.
  bool look_at(const fs::path& data) {
    for (const SignedHead& head : heads_in(data)) take(head);
    const auto pending = eventstore::read_file(data / "notary" / "pending.json");
    if (pending) take(must(replay::parse_head(pending.value())));
    return pending.ok();
  }
  std::size_t count() const { return numbers_.size(); }

 private:
  std::map<std::uint64_t, std::string> numbers_;
  std::map<std::pair<std::size_t, std::uint64_t>, replay::PartitionHead> roots_;
};

TEST_CASE("notary: killed with a head on its way, it never signs another of that size") {
  Shop shop(2, {"--notary-commits", "1", "--no-history"});
  const fs::path data = shop.cassette().data();
  Seen seen;
  int hits = 0;
  for (int round = 0; round < kMostRounds && hits < kWantedHits; ++round) {
    shop.market().must(write_to("POST", "/vendors", fmt::format(R"({{"name":"V{}"}})", round)));
    const fs::path pending = data / "notary" / "pending.json";
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!fs::exists(pending) && std::chrono::steady_clock::now() < deadline) {
    }
    shop.cassette().kill9();
    if (seen.look_at(data)) ++hits;
    shop.start();
    await_heads(data, seen.count());
    seen.look_at(data);
  }
  CHECK(hits > 0);
  MESSAGE(hits << " kills between signing and storing, " << seen.count() << " heads");
  shop.end_and_verify();
  seen.look_at(data);
  const auto heads = heads_in(data);
  for (std::size_t i = 1; i < heads.size(); ++i) {
    CHECK(replay::verify_succession(heads[i - 1], heads[i]).ok());
  }
  const Finished listed =
      run_cassette({"replay", "heads", "--json", "--data", data.string(), "--key", key_of(data)});
  CHECK_MESSAGE(listed.status == 0, listed.errors);
  std::string lines;
  for (const SignedHead& head : heads) lines += replay::to_line(head) + "\n";
  CHECK(listed.output == lines);
}

TEST_CASE("notary: an ordered end signs what is left, and a start with nothing new signs nothing") {
  Shop shop(1, {"--no-history"});
  const fs::path data = shop.cassette().data();
  await_heads(data, 1);
  shop.market().must(write_to("POST", "/vendors", R"({"name":"Late"})"));
  REQUIRE(shop.cassette().terminate() == 0);
  const auto heads = heads_in(data);
  REQUIRE(heads.size() == 2);
  CHECK(heads[1].partitions[0].size > heads[0].partitions[0].size);
}

// What `prove` gives with these words.
std::string proven(const fs::path& data, std::vector<std::string> words) {
  words.insert(words.begin(), {"replay", "prove"});
  words.insert(words.end(), {"--data", data.string()});
  const Finished finished = run_cassette(words);
  REQUIRE_MESSAGE(finished.status == 0, finished.errors);
  return finished.output;
}

TEST_CASE("notary: proofs hold elsewhere, with nothing but the key") {
  const ScratchFolder auditor;
  const std::string proof = (auditor / "proof.json").string();
  const std::string going_on = (auditor / "since.json").string();
  const std::string kept = (auditor / "heads.jsonl").string();
  std::string key;
  {
    Shop shop(2, {"--notary-commits", "1", "--no-history"});
    const fs::path data = shop.cassette().data();
    await_heads(data, 1);
    for (int i = 0; i < 5; ++i) {
      const std::size_t before = heads_in(data).size();
      shop.market().must(write_to("POST", "/vendors", fmt::format(R"({{"name":"V{}"}})", i)));
      await_heads(data, before + 1);
    }
    key = key_of(data);
    const std::string while_it_runs = proven(data, {"0:1", "--head", "3"});
    CHECK(run_cassette({"replay", "prove", "0:999999", "--data", data.string()}).status == 1);
    CHECK(
        run_cassette({"replay", "prove", "0:1", "--head", "999", "--data", data.string()}).status ==
        1);
    CHECK(run_cassette({"replay", "prove", "--data", data.string()}).status == 2);
    CHECK(proven(data, {"0:1", "--head", "3", "--key", key}) == while_it_runs);
    const std::string other = eventstore::NotaryKey::from_seed({1}).public_key().text();
    CHECK(
        run_cassette({"replay", "prove", "0:1", "--key", other, "--data", data.string()}).status ==
        1);
    REQUIRE(shop.cassette().terminate() == 0);
    CHECK(proven(data, {"0:1", "--head", "3"}) == while_it_runs);
    fs::remove(data / "notary" / "0.tree");
    CHECK(proven(data, {"0:1", "--head", "3"}) == while_it_runs);
    write_all(proof, while_it_runs);
    write_all(going_on, proven(data, {"--since", "2"}));
    fs::copy_file(replay::heads_file(data), kept);
  }
  const auto check = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"replay", "check"});
    return run_cassette(words);
  };
  const Finished sound = check({proof, "--head", kept, "--key", key});
  CHECK_MESSAGE(sound.status == 0, sound.errors);
  CHECK(sound.output.starts_with("sound: commit 0:1 of ledger "));
  CHECK(check({proof, "--key", key}).status == 0);
  CHECK(check({going_on, "--head", kept, "--key", key, "--json"})
            .output.starts_with(R"({"verdict":"sound")"));

  const auto spoilt = [&](const std::string& from, const std::string& to) {
    std::string text = must(eventstore::read_file(proof));
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    const std::string file = (auditor / "spoilt.json").string();
    write_all(file, text);
    return check({file, "--key", key}).status;
  };
  CHECK(spoilt(R"("position":"0:1")", R"("position":"0:3")") == 1);
  CHECK(spoilt(R"("body":"{\"v\":1)", R"("body":"{\"v\":2)") == 1);
  CHECK(spoilt(R"("number":3)", R"("number":4)") == 1);
  CHECK(spoilt(R"("v":1,"kind")", R"("v":9,"kind")") == 2);
  const std::string stranger = eventstore::NotaryKey::from_seed({1}).public_key().text();
  CHECK(check({proof, "--head", kept, "--key", stranger}).status == 1);
  write_all(auditor / "first.jsonl",
            must(eventstore::read_file(kept))
                .substr(0, 1 + must(eventstore::read_file(kept)).find('\n')));
  CHECK(check({proof, "--head", (auditor / "first.jsonl").string(), "--key", key}).status == 1);
  CHECK(check({proof}).status == 2);
  CHECK(check({(auditor / "none").string(), "--key", key}).status == 2);
}

}  // namespace
}  // namespace cassette::test
