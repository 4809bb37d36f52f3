// RocksList: answers one list query from the indexes, a page at a time.
#pragma once

#include "projections/read_models.h"
#include "projections/rocks_database.h"

namespace cassette::projections {

// Entries that a page looks at, at most: where filters let little pass, the page is short, with a
// `next`. Bounds a request to some 50 ms.
inline constexpr std::size_t kMaxEntriesLookedAt = 5'000;
// Items of a page at most, whatever the limit says.
inline constexpr std::size_t kMaxPageItems = 1'000;
// Words that the last word of a search text may begin, and still be found by.
inline constexpr std::size_t kMaxPrefixWords = 50;

// As ReadModels::list.
Stored<Page> read_list(const RocksDatabase& database, const ListQuery& query);

}  // namespace cassette::projections
