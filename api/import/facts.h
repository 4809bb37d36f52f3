// Facts: what already stands, as short names that writes and documents agree on. A write whose fact
// is there need not be sent; so a second import sends nothing, and a broken one goes on.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "api/import/plan.h"

namespace cassette::api::importing {

using Facts = std::unordered_set<std::string>;

// Joined by '/': fact("status", "aw-43659", "1580", "Packed").
template <class... Parts>
std::string fact(std::string_view first, const Parts&... parts) {
  std::string name(first);
  ((name += '/', name += parts), ...);
  return name;
}

// Adds what the document of `kind` shows. False when it is no such document.
bool add_facts(Kind kind, std::string_view document, Facts& facts);

}  // namespace cassette::api::importing
