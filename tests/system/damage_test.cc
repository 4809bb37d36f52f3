// Damage: data folders that are not what they were. Each must be refused by a clear error, or be
// made whole from the ledger; none may be served as if nothing were.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>

#include "tests/system/shop.h"

namespace cassette::test {
namespace {

namespace fs = std::filesystem;

constexpr int kCouldNotStart = 2;
constexpr int kOrders = 20;

std::string read_all(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_all(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// Every file of the folder turns into as much garbage.
void spoil(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  REQUIRE_FALSE(files.empty());
  for (const fs::path& file : files) write_all(file, std::string(fs::file_size(file), '#'));
}

// Changes one byte of the last place where `text` stands in the partition's stream on disk.
void change_a_byte_of(const fs::path& data, std::uint32_t partition, const std::string& text) {
  const std::string stream = fmt::format("LEDGER-{}", partition);
  for (const auto& entry : fs::recursive_directory_iterator(data / "nats" / "store")) {
    const std::string path = entry.path().string();
    if (entry.path().extension() != ".blk" || path.find(stream) == std::string::npos) continue;
    std::string bytes = read_all(entry.path());
    const std::size_t at = bytes.rfind(text);
    if (at == std::string::npos) continue;
    bytes[at] = bytes[at] == 'X' ? 'Y' : 'X';
    return write_all(entry.path(), bytes);
  }
  FAIL("the ledger's file does not hold " << text);
}

std::vector<std::string> place_some(Shop& shop, const std::string& prefix) {
  std::vector<std::string> ids;
  for (int i = 0; i < kOrders; ++i) {
    const auto request = place_order({{"vendor", "part"}}, fmt::format("{}-{}", prefix, i));
    ids.push_back(order_of(shop.market().must(request).body).order_id);
  }
  return ids;
}

void must_have(Shop& shop, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) CHECK(shop.market().order(id).status == "Confirmed");
}

void end(Shop& shop) {
  REQUIRE_MESSAGE(shop.cassette().terminate() == 0, shop.cassette().log_tail());
}

// A cassette that finds its data wrong either does not start, or lives and refuses every write; in
// both cases its log says why with each of `words`.
void must_complain(CassetteProcess& cassette, const std::vector<std::string>& words) {
  const std::size_t before = cassette.log().size();
  cassette.launch();
  if (cassette.await_line("ready")) {
    const api::ClientResponse refused =
        Marketplace(cassette.http_url()).send(write_to("POST", "/vendors", R"({"name":"x"})"));
    CHECK(refused.status == 503);
    CHECK(cassette.terminate() == 0);
  } else {
    CHECK(cassette.await_exit() == kCouldNotStart);
  }
  const std::string said = cassette.log().substr(before);
  INFO(said);
  for (const std::string& word : words) {
    CHECK_MESSAGE(said.find(word) != std::string::npos, "does not say: " << word);
  }
}

}  // namespace

TEST_CASE("A data folder of another version is refused, and left as it is") {
  Shop shop(1);
  end(shop);
  const fs::path version = shop.cassette().data() / "VERSION";
  const std::string ours = read_all(version);
  write_all(version, "999\n");
  must_complain(shop.cassette(), {"999", "version"});
  CHECK(read_all(version) == "999\n");
  write_all(version, ours);
  shop.start();
}

TEST_CASE("A folder that holds something else is refused, and left as it is") {
  const ScratchFolder scratch;
  fs::create_directory(scratch / "data");
  write_all(scratch / "data" / "holiday.jpg", "sun");
  CassetteProcess cassette(scratch / "data");
  must_complain(cassette, {"not Cassette's"});
  CHECK(read_all(scratch / "data" / "holiday.jpg") == "sun");
}

TEST_CASE("A second cassette on a folder in use is refused, and the first goes on") {
  Shop shop(1);
  shop.market().open_shop("vendor", "part", kOrders);
  CassetteProcess second(shop.cassette().data());
  must_complain(second, {"in use by process " + std::to_string(shop.cassette().pid())});
  place_some(shop, "after");
  shop.end_and_verify();
}

TEST_CASE("Another number of partitions than the ledger's is refused") {
  Shop shop(2);
  shop.market().open_shop("vendor", "part", kOrders);
  const auto ids = place_some(shop, "two");
  end(shop);
  CassetteProcess other(shop.cassette().data(), {"--partitions", "3"});
  must_complain(other, {"partitions"});
  shop.start();
  must_have(shop, ids);
  shop.end_and_verify();
}

TEST_CASE("A ledger message that changed on disk is never taken for what it was") {
  Shop shop(1);
  shop.market().open_shop("vendor", "part", kOrders);
  const auto ids = place_some(shop, "order");
  end(shop);
  const fs::path data = shop.cassette().data();
  change_a_byte_of(data, 0, ids[kOrders / 2]);
  const Finished verify = run_cassette({"replay", "verify", "--data", data.string()});
  INFO(verify.output << verify.errors);
  CHECK((verify.status == 1 || verify.status == 2));
  fs::remove_all(data / "archive");
  must_complain(shop.cassette(), {"0:"});
}

TEST_CASE("A spoilt archive is refused or rebuilt, and rebuilt when it is removed") {
  Shop shop(2);
  shop.market().open_shop("vendor", "part", 2 * kOrders);
  const auto ids = place_some(shop, "order");
  end(shop);
  spoil(shop.cassette().data() / "archive");
  if (!shop.cassette().start()) {
    CHECK(shop.cassette().await_exit() == kCouldNotStart);
    CHECK(shop.cassette().log_tail().find("archive") != std::string::npos);
    fs::remove_all(shop.cassette().data() / "archive");
  } else {
    end(shop);
  }
  shop.start();
  must_have(shop, ids);
  place_some(shop, "after");
  CHECK(shop.market().stock("vendor", "part").available == 0);
  shop.end_and_verify();
}

TEST_CASE("Spoilt read models are refused or rebuilt, and rebuilt when they are removed") {
  Shop shop(2);
  shop.market().open_shop("vendor", "part", kOrders);
  const auto ids = place_some(shop, "order");
  end(shop);
  spoil(shop.cassette().data() / "models");
  if (!shop.cassette().start()) {
    CHECK(shop.cassette().await_exit() == kCouldNotStart);
    CHECK(shop.cassette().log_tail().find("models") != std::string::npos);
    fs::remove_all(shop.cassette().data() / "models");
  } else {
    end(shop);
  }
  shop.start();
  must_have(shop, ids);
  shop.end_and_verify();
}

TEST_CASE("A ledger restored from an older copy is named, not silently followed") {
  Shop shop(2);
  shop.market().open_shop("vendor", "part", 3 * kOrders);
  const auto old_ids = place_some(shop, "old");
  end(shop);
  const fs::path nats = shop.cassette().data() / "nats";
  const fs::path copy = shop.scratch() / "copy";
  fs::copy(nats, copy, fs::copy_options::recursive);
  shop.start();
  place_some(shop, "lost-with-the-copy");
  end(shop);
  fs::remove_all(nats);
  fs::rename(copy, nats);

  must_complain(shop.cassette(), {"the ledger ends at"});
  // Who wants the older ledger says so by removing what was folded from the newer one; the feed is
  // made anew, since vendors' places in it stay.
  fs::remove_all(shop.cassette().data() / "archive");
  fs::remove_all(shop.cassette().data() / "models");
  const Finished rebuilt =
      run_cassette({"replay", "rebuild", "--feed", "--data", shop.cassette().data().string()});
  REQUIRE_MESSAGE(rebuilt.status == 0, rebuilt.errors);
  shop.start();
  must_have(shop, old_ids);
  CHECK(shop.market().orders().size() == old_ids.size());
  shop.end_and_verify();
}

}  // namespace cassette::test
