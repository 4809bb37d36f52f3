// Fuzzes the commit codec: no bytes may break it, and what decodes must encode to the same value.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "domain/check.h"
#include "eventstore/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cassette::eventstore;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  prev_of(input);
  const auto commit = decode(input);
  if (!commit) return 0;
  CHECK(prev_of(input) == commit.value().prev);
  std::string body;
  encode(commit.value(), body);
  const auto again = decode(body);
  CHECK(again.ok());
  CHECK(again.value() == commit.value());
  std::string same;
  encode(again.value(), same);
  CHECK(same == body);
  return 0;
}
