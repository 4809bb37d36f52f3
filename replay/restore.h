// Restore: puts an export of a whole ledger back into empty streams, message by message, so that
// the new ledger is the old one: the same positions, hashes and ledger id. It judges the export
// first, and nothing of what the events say.
#pragma once

#include <filesystem>
#include <span>
#include <stop_token>
#include <vector>

#include "eventstore/ledger.h"
#include "eventstore/notary_key.h"
#include "replay/export_manifest.h"
#include "replay/progress.h"

namespace cassette::replay {

struct RestoreOptions {
  // One of whom must have signed the manifest; none: whoever it names, or nobody.
  std::vector<eventstore::NotaryPublicKey> keys{};
  ProgressMeter* progress = nullptr;  // counts messages
  std::stop_token stop;
};

// Reads an export, and nothing else: its manifest and signature; that every file is there with its
// bytes, digest and rows; for an export of commits, that the messages are a chain from a genesis of
// this ledger on, with the counts and hashes that the manifest names. Gives the manifest. Mismatch
// or Corrupt, naming file and line, when something is wrong with it; Unavailable when it can't be
// read, and after a stop. Blocks for as long as reading takes.
eventstore::Stored<SignedManifest> check_export(const std::filesystem::path& folder,
                                                const RestoreOptions& options);

// Appends the messages of the checked export in `folder`, to `ledgers` that are empty: Mismatch
// when one is not. A ledger a partition. Blocks; a failure leaves them half filled. Unsupported for
// an export of events.
eventstore::Stored<eventstore::Done> restore_ledgers(const std::filesystem::path& folder,
                                                     const ExportManifest& manifest,
                                                     std::span<eventstore::Ledger* const> ledgers,
                                                     const RestoreOptions& options);

}  // namespace cassette::replay
