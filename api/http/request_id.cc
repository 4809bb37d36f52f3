// Request id: taken or made.
#include "api/http/request_id.h"

#include <algorithm>

#include "api/identity/ids.h"

namespace cassette::api {
namespace {

// As long as an id of ours may be, and enough for the trace ids of others.
constexpr std::size_t kMaxIdBytes = 64;

bool may_stand_in_id(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

std::string request_id_of(std::string_view given) {
  const bool fits = !given.empty() && given.size() <= kMaxIdBytes;
  if (fits && std::ranges::all_of(given, may_stand_in_id)) return std::string(given);
  return uuid_v7(wall_clock());
}

}  // namespace cassette::api
