// Erasure: after it neither what was said of a person nor the key to it is in any file, and the
// ledger, the read models and the person's orders stand as they did.
#include <doctest/doctest.h>

#include <fstream>

#include "api/identity/key_wrapping.h"
#include "api/identity/keyring.h"
#include "eventstore/jetstream_connection.h"
#include "eventstore/nats_server.h"
#include "tests/system/shop.h"

namespace cassette::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAda =
    R"({"customerId":"ada","name":"Adelaide Quillfeather","contactInfo":{)"
    R"("email":"quillfeather@rider.example","phone":"+1 555 0142 877"},)"
    R"("addresses":[{"line1":"17 Larkspur Rise","city":"Bendigo","countryCode":"AU"}]})";
constexpr std::string_view kBob = R"({"customerId":"bob","name":"Robert Underhill"})";
constexpr std::string_view kAdasOrder =
    R"({"customerId":"ada","items":[{"vendorId":"vendor","productId":"part","quantity":2}],)"
    R"("shippingAddress":{"name":"Adelaide Quillfeather","line1":"17 Larkspur Rise",)"
    R"("city":"Bendigo","countryCode":"AU"}})";
constexpr std::string_view kBobsOrder =
    R"({"customerId":"bob","items":[{"vendorId":"vendor","productId":"part","quantity":2}],)"
    R"("shippingAddress":{"line1":"3 Barrow","city":"Ely","countryCode":"GB"}})";
// What may be left nowhere, in any spelling that would give the person away.
const std::vector<std::string> kSaidOfAda = {"Adelaide", "Quillfeather", "quillfeather@",
                                             "555 0142", "Larkspur",     "Bendigo"};

std::string read_all(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The files below `folder` that hold the bytes.
std::vector<std::string> holding(const fs::path& folder, std::string_view bytes) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    if (read_all(entry.path()).find(bytes) != std::string::npos) found.push_back(entry.path());
  }
  return found;
}

// A person's data key, as it is kept and as it is.
struct DataKey {
  std::string wrapped;
  std::string plain;
};

eventstore::Nkey engine_of(const fs::path& data) {
  const auto key = eventstore::load_nkey(data / "nats" / "engine.nk");
  REQUIRE(key.ok());
  return key.value();
}

// The bucket of keys, by the engine's own credentials.
class Keys {
 public:
  Keys(const std::string& url, const fs::path& data) : master_(data / "master.key") {
    auto connection =
        eventstore::JetStreamConnection::connect({.url = url, .nkey = engine_of(data)});
    REQUIRE(connection.ok());
    connection_ = std::move(connection).value();
    auto bucket = connection_->create_bucket(api::kKeyBucket);
    REQUIRE(bucket.ok());
    bucket_ = std::move(bucket).value();
  }
  eventstore::KeyValue& bucket() { return *bucket_; }

  DataKey of(const std::string& subject) {
    const auto entry = bucket_->get(api::bucket_key(subject));
    REQUIRE((entry.ok() && entry.value()));
    const auto master = api::load_master_key(master_, false);
    REQUIRE(master.ok());
    const auto plain = api::unwrap(entry.value()->value, subject, master.value());
    REQUIRE(plain);
    return {entry.value()->value, std::string(plain->begin(), plain->end())};
  }
  bool destroyed(const std::string& subject) {
    const auto entry = bucket_->get(api::bucket_key(subject));
    return entry.ok() && entry.value() && entry.value()->value == api::kDestroyedKey;
  }

 private:
  const fs::path master_;
  std::unique_ptr<eventstore::JetStreamConnection> connection_;
  std::unique_ptr<eventstore::KeyValue> bucket_;
};

struct People {
  std::string adas_order;
  std::string bobs_order;
  DataKey ada;
  DataKey bob;
};

People meet(Shop& shop) {
  shop.market().open_shop("vendor", "part", 100);
  shop.market().must(write_to("POST", "/customers", std::string(kAda)));
  shop.market().must(write_to("POST", "/customers", std::string(kBob)));
  People people;
  const auto place = [&](std::string_view order, const std::string& key) {
    const auto placed = shop.market().must(write_to("POST", "/orders", std::string(order), key));
    return order_of(placed.body).order_id;
  };
  people.adas_order = place(kAdasOrder, "ada-1");
  people.bobs_order = place(kBobsOrder, "bob-1");
  Keys keys(shop.cassette().nats_url(), shop.cassette().data());
  people.ada = keys.of("customer:ada");
  people.bob = keys.of("customer:bob");
  return people;
}

void must_hold_nothing_of_ada(const fs::path& data, const DataKey& key) {
  for (const std::string& text : kSaidOfAda) {
    INFO(text);
    CHECK(holding(data, text) == std::vector<std::string>{});
  }
  CHECK(holding(data, key.plain) == std::vector<std::string>{});
  // Nor any part of the wrapping that is long enough to be told from chance; its beginning names
  // the master key, and is every wrapping's.
  constexpr std::size_t kPart = 12;
  constexpr std::size_t kCommon = 1 + std::tuple_size_v<api::KeyCheck>;
  for (std::size_t at = kCommon; at + kPart <= key.wrapped.size(); at += kPart) {
    INFO("from byte " << at);
    CHECK(holding(data, std::string_view(key.wrapped).substr(at, kPart)) ==
          std::vector<std::string>{});
  }
}

void must_count(Shop& shop, const People& people) {
  CHECK(shop.market().order(people.adas_order).status == "Confirmed");
  CHECK(shop.market().orders().size() == 2);
  CHECK(shop.market().stock("vendor", "part") == StockView{96, 100, 4});
  const auto ada = shop.market().must(write_to("GET", "/customers/ada", ""));
  CHECK(ada.body.find(R"("status":"Erased")") != std::string::npos);
  const auto bob = shop.market().must(write_to("GET", "/customers/bob", ""));
  CHECK(bob.body.find("Robert Underhill") != std::string::npos);
  const auto order = shop.market().must(write_to("GET", "/orders/" + people.adas_order, ""));
  CHECK(order.body.find("Larkspur") == std::string::npos);
}

void erase_and_look(std::uint32_t partitions) {
  CAPTURE(partitions);
  Shop shop(partitions);
  const fs::path data = shop.cassette().data();
  const People people = meet(shop);
  CHECK_FALSE(holding(data, people.ada.wrapped).empty());
  CHECK(shop.market().must(write_to("DELETE", "/customers/ada", "")).status == 204);
  must_hold_nothing_of_ada(data, people.ada);
  must_count(shop, people);
  shop.end_and_verify();
  must_hold_nothing_of_ada(data, people.ada);
  CHECK_FALSE(holding(data, people.bob.wrapped).empty());

  const Finished tail = run_cassette({"replay", "tail", "--json", "--data", data.string()});
  INFO(tail.errors);
  CHECK(tail.status == 0);
  CHECK(tail.output.find("(erased)") != std::string::npos);
  CHECK(tail.output.find("customer:ada|") == std::string::npos);
  CHECK(tail.output.find("customer:bob|") != std::string::npos);

  shop.start();
  must_count(shop, people);
  shop.end_and_verify();
  must_hold_nothing_of_ada(data, people.ada);
}

// As a process leaves it that ends after the event and before the end of the key.
void put_back(const fs::path& data, const DataKey& key) {
  eventstore::NatsServerOptions options;
  options.folder = data / "nats";
  options.user = engine_of(data).public_key();
  const auto server = eventstore::NatsServer::start(options);
  REQUIRE(server.ok());
  Keys keys(server.value()->endpoint().url, data);
  REQUIRE(keys.bucket().put(api::bucket_key("customer:ada"), key.wrapped).ok());
}

}  // namespace

TEST_CASE("After an erasure nothing of the person is in any file, and their orders still count") {
  for (const std::uint32_t partitions : {1U, 3U}) erase_and_look(partitions);
}

TEST_CASE("An erasure cut short before its key was destroyed is finished by the next start") {
  Shop shop(1);
  const fs::path data = shop.cassette().data();
  const People people = meet(shop);
  shop.market().must(write_to("DELETE", "/customers/ada", ""));
  REQUIRE(shop.cassette().terminate() == 0);
  put_back(data, people.ada);
  CHECK_FALSE(holding(data, people.ada.wrapped).empty());
  shop.start();
  {
    Keys keys(shop.cassette().nats_url(), data);
    CHECK(await([&] { return keys.destroyed("customer:ada"); }));
    CHECK(await([&] {
      return shop.cassette().log().find("of 1 erased customers 1 had a key") != std::string::npos;
    }));
    CHECK_FALSE(keys.destroyed("customer:bob"));
  }
  must_count(shop, people);
  shop.end_and_verify();
  must_hold_nothing_of_ada(data, people.ada);
}

TEST_CASE("replay finds the closed server's key, whether cassette runs or not") {
  Shop shop(1);
  meet(shop);
  const std::string data = shop.cassette().data().string();
  const auto sound = [&] { return run_cassette({"replay", "verify", "--data", data}).status == 0; };
  CHECK(sound());
  CHECK_FALSE(eventstore::JetStreamConnection::connect({.url = shop.cassette().nats_url()}).ok());
  shop.cassette().kill9();  // its server lives on, with the same key
  CHECK(sound());
  shop.start();
  shop.end_and_verify();
  CHECK(sound());
}

}  // namespace cassette::test
