// ModelCheck: holds the read models in use against ones folded anew from the ledgers, byte for
// byte. It changes neither.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "eventstore/commit.h"
#include "replay/findings.h"
#include "replay/rebuild.h"

namespace cassette::replay {

struct ModelResult {
  std::string name;
  std::uint64_t entries = 0;  // of the models in use
  eventstore::Hash digest{};
  eventstore::Hash rebuilt{};  // the digest of those folded anew
};

struct ModelReport {
  Verdict verdict = Verdict::CouldNotRun;
  std::string error;                            // why it could not run; empty otherwise
  std::vector<eventstore::Position> positions;  // at which they were compared
  std::vector<ModelResult> models;              // with the indexes beside the models
  std::string first_difference;  // the model and key, and both values; empty when sound
};

// Compares the current generation below `models`, as it is at the start, with a rebuild up to the
// same positions. `scratch` is made for it and removed again; it takes as much room as the models.
// The models may be in use and go on meanwhile. Unsound when they differ, or when they have folded
// what the ledgers do not hold. Blocks for as long as folding takes.
ModelReport verify_read_models(const std::filesystem::path& models,
                               const std::vector<eventstore::Ledger*>& ledgers,
                               const std::filesystem::path& scratch, const RebuildOptions& options);

// Both end with a line break, or without one in JSON.
std::string to_text(const ModelReport& report);
std::string to_json(const ModelReport& report);

}  // namespace cassette::replay
