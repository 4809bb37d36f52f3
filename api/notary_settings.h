// Notary settings: how often heads are signed, and what auditors ask of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cassette::api {

// Of `up`. A head is signed once that many messages are not covered by one, or that long after the
// last one when there is anything new; and when `up` ends.
struct NotarySettings {
  std::uint64_t commits = 10'000;
  std::uint32_t minutes = 5;
  bool off = false;
};

}  // namespace cassette::api
