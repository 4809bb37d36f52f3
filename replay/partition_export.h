// PartitionExport: writes one partition's rows into files, in a thread of its own. Private to the
// export, which keeps what is done.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "eventstore/ledger.h"
#include "replay/export.h"
#include "replay/export_row.h"
#include "replay/export_state.h"
#include "replay/row_file.h"

namespace cassette::replay {

// What the threads of one export share. Thread-safe.
class ExportJob {
 public:
  ExportJob(const ExportOptions& options, ExportState state);

  const ExportOptions& options() const { return options_; }
  const EventFilter& filter() const { return filter_; }
  PartitionState partition(std::uint32_t partition);
  // How many files of the partition are finished.
  std::size_t files_of(std::uint32_t partition);

  // Makes it last: all of the partition up to `state`, and the file that was finished with it, if
  // one was.
  eventstore::Stored<eventstore::Done> keep(const PartitionState& state, const ExportedFile* file);
  // For the meter.
  void advance(std::uint64_t messages);

  // As of ExportOptions, but what it could not find out is remembered.
  std::optional<bool> is_erased(std::string_view subject);
  // Unavailable once that has happened.
  eventstore::Stored<eventstore::Done> erasures_known();

  // Not while threads use it.
  ExportState& state() { return state_; }
  std::stop_source& stop() { return stop_; }

 private:
  const ExportOptions& options_;
  const EventFilter filter_;
  std::stop_source stop_;
  std::mutex mutex_;
  ExportState state_;
  std::uint64_t done_ = 0;
  std::mutex asking_;
  std::string unknown_;  // whose erasure is not known
};

// One thread uses it. `job` and `ledger` must outlive it.
class PartitionExport {
 public:
  PartitionExport(ExportJob& job, std::uint32_t partition, eventstore::Ledger& ledger);

  // Up to the partition's end. Blocks. Failures as of export_ledgers.
  eventstore::Stored<eventstore::Done> run();

 private:
  eventstore::Stored<eventstore::Done> take(const eventstore::Message& message);
  void count(const eventstore::StoredCommit& stored);
  void add_events(eventstore::StoredCommit stored);
  eventstore::Stored<eventstore::Done> flush(std::size_t threshold);
  eventstore::Stored<eventstore::Done> open_file();
  // With the file under way, if there is one.
  eventstore::Stored<eventstore::Done> close();

  ExportJob& job_;
  const std::uint32_t partition_;
  eventstore::Ledger& ledger_;
  PartitionState state_;
  eventstore::Chain chain_;
  std::unique_ptr<RowFile> file_;  // null: no row since the last one was finished
  std::optional<Erased> erased_;   // of one file: what it shows depends on nothing before it
  std::uint64_t rows_in_file_ = 0;
  std::string lines_;  // not written yet
};

}  // namespace cassette::replay
