// ByteStore: does what a map does, however much of it comes and goes.
#include "replay/byte_store.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace cassette;

namespace {

// A few numbers that look like many: nothing here is random.
std::uint64_t scrambled(std::uint64_t number) {
  return (number + 1) * 0x9e3779b97f4a7c15ULL >> 20;
}

std::map<std::string, std::string> all_of(const replay::ByteStore& store) {
  std::map<std::string, std::string> all;
  store.for_each([&all](std::string_view key, std::string_view value) {
    CHECK(all.emplace(key, value).second);
  });
  return all;
}

}  // namespace

TEST_CASE("byte store: as a map, over puts, replacements and removals") {
  replay::ByteStore store;
  std::map<std::string, std::string> model;
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    const std::string key = "order-" + std::to_string(scrambled(i) % 7'000);
    if (scrambled(i * 3) % 3 == 0) {
      store.remove(key);
      model.erase(key);
    } else {
      const std::string value(scrambled(i * 7) % 40, static_cast<char>('a' + i % 26));
      store.put(key, value);
      model[key] = value;
    }
  }
  CHECK(all_of(store) == model);
  for (const auto& [key, value] : model) CHECK(store.find(key) == value);
  CHECK_FALSE(store.find("order-7000"));
}

TEST_CASE("byte store: nothing, empty keys and values, and a value larger than a chunk") {
  replay::ByteStore store;
  CHECK_FALSE(store.find("a"));
  store.remove("a");
  store.put("", "of no key");
  store.put("a", "");
  const std::string large(3 << 20, 'x');
  store.put("b", large);
  store.put("c", "after it");
  CHECK(store.find("") == "of no key");
  CHECK(store.find("a") == "");
  CHECK(store.find("b") == large);
  CHECK(store.find("c") == "after it");
}
