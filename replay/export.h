// Export: the ledgers' history as files in a folder, with a manifest. Killed at any moment it goes
// on where it was when it is begun again, and comes to the same bytes. It only reads the ledgers.
#pragma once

#include <filesystem>
#include <span>
#include <stop_token>
#include <string>

#include "eventstore/ledger.h"
#include "eventstore/notary_key.h"
#include "replay/erased.h"
#include "replay/export_manifest.h"
#include "replay/progress.h"

namespace cassette::replay {

// What makes Parquet of rows, unless asked otherwise.
inline constexpr const char* kParquetWriter = "cassette-parquet";

struct ExportOptions {
  std::filesystem::path out;  // a folder: made when absent, empty, or with the same export in it
  ExportPlan plan;
  std::string parquet_writer = kParquetWriter;
  const eventstore::NotaryKey* key = nullptr;  // null: the manifest is not signed
  // As of tail; but whose erasure can't be found out ends the export. Called from several threads,
  // never from two at once.
  IsErased is_erased{};
  ProgressMeter* progress = nullptr;  // counts messages
  std::stop_token stop;
};

struct Exported {
  ExportManifest manifest;
  bool was_there = false;  // whole, from before
};

// `ledgers` are all partitions in their order. What it exports is fixed at its first start: up to
// the heads then, and on to whatever they have seen of one another. Blocks until all is on the
// disk; a thread a partition reads, and holds a few megabytes at most. Failures: Unsupported for a
// plan that makes no sense; Mismatch when the folder holds something else, or the ledgers are not
// those that it was begun with; Unavailable when another process is at it, and after a stop; those
// of reading and of writing. What was done stays, and is gone on with.
eventstore::Stored<Exported> export_ledgers(std::span<eventstore::Ledger* const> ledgers,
                                            const ExportOptions& options);

}  // namespace cassette::replay
