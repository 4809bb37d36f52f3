// List tokens: where a page ended, as bytes that only the same list takes back. The api seals them;
// here they are checked for shape and for belonging to the query.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "projections/read_models.h"

namespace cassette::projections {

// Goes on from `place`, which is included. Empty for no place.
std::string list_token(const ListQuery& query, std::string_view place);

// The place to go on from; nothing when no page of this query can have given the token.
std::optional<std::string> place_of(const ListQuery& query, std::string_view token);

}  // namespace cassette::projections
