// ModelFold: folds read models into a folder with progress, as rebuild and the comparison need it.
#pragma once

#include <filesystem>
#include <vector>

#include "replay/rebuild.h"

namespace cassette::replay {

// The last commit of each ledger.
eventstore::Stored<std::vector<eventstore::Position>> heads_of(
    const std::vector<eventstore::Ledger*>& ledgers);

// Folds `ledgers` into the empty generation in `folder`, up to `until`, and closes it. Blocks.
eventstore::Stored<eventstore::Done> fold_models(const std::filesystem::path& folder,
                                                 const std::vector<eventstore::Ledger*>& ledgers,
                                                 const std::vector<eventstore::Position>& until,
                                                 const RebuildOptions& options);

}  // namespace cassette::replay
