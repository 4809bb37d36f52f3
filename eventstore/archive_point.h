// The check that every archive makes before it folds: the commits follow what it holds.
// It reads nothing and changes nothing.
#pragma once

#include <span>

#include "eventstore/archive.h"

namespace cassette::eventstore {

// Mismatch when the first of `commits` does not name `head`'s hash, when they do not follow one
// another, or when `end` is not where they end. Void messages between them are no matter.
Stored<Done> check_follows(const ChainHead& head, std::span<const StoredCommit* const> commits,
                           const ChainHead& end);

}  // namespace cassette::eventstore
