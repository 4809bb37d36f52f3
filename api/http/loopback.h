// Loopback: whether an address to listen at is this machine's own, reached from nowhere else.
#pragma once

#include <algorithm>
#include <string_view>

namespace cassette::api {

// Of an address or name as `--http` takes it, without the port. 127.0.0.0/8 (RFC 1122), ::1 and
// localhost (RFC 6761).
inline bool is_loopback_address(std::string_view address) {
  if (address == "localhost" || address == "::1" || address == "[::1]") return true;
  const auto of_ipv4 = [](char c) { return c == '.' || (c >= '0' && c <= '9'); };
  return address.starts_with("127.") && std::ranges::all_of(address, of_ipv4) &&
         std::ranges::count(address, '.') == 3;
}

}  // namespace cassette::api
