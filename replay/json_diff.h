// JsonDiff: what is different between two JSON documents, member by member. Arrays are compared
// place by place, which fits ours: they only grow.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cassette::replay {

struct MemberChange {
  std::string path;                   // JSON Pointer (RFC 6901): "/subOrders/0/status"
  std::optional<std::string> before;  // the value as JSON; nothing when it was not there
  std::optional<std::string> after;

  bool operator==(const MemberChange&) const = default;
};

// In the order of `before`, what only `after` has last. What one of them has not at all is one
// change, however much it holds; an absent document has no members. CHECK-fails for what is no
// JSON object.
std::vector<MemberChange> json_diff(const std::optional<std::string>& before,
                                    const std::optional<std::string>& after);

}  // namespace cassette::replay
