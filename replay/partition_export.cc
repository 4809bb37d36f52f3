// One pass over the ledger's messages; what is finished is kept before the next file begins.
#include "replay/partition_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "replay/export_message.h"
#include "replay/read_messages.h"

namespace cassette::replay {

using eventstore::Done;
using eventstore::Ledger;
using eventstore::Message;
using eventstore::Stored;
using eventstore::StoredCommit;
using eventstore::StoreError;

namespace {

// Lines that are gathered before they are written, in bytes.
constexpr std::size_t kWriteBytes = 256 * 1024;

Failure<StoreError> unavailable(std::string what) {
  return Failure{StoreError{StoreError::Kind::Unavailable, std::move(what)}};
}

}  // namespace

// ---- what the threads share

ExportJob::ExportJob(const ExportOptions& options, ExportState state)
    : options_(options),
      filter_{options.plan.vendor, options.plan.types},
      state_(std::move(state)) {}

PartitionState ExportJob::partition(std::uint32_t partition) {
  const std::lock_guard lock(mutex_);
  return state_.partitions[partition];
}

std::size_t ExportJob::files_of(std::uint32_t partition) {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const ExportedFile& file : state_.files) count += file.partition == partition ? 1 : 0;
  return count;
}

Stored<Done> ExportJob::keep(const PartitionState& state, const ExportedFile* file) {
  const std::lock_guard lock(mutex_);
  state_.partitions[state.range.partition] = state;
  if (file != nullptr) state_.files.push_back(*file);
  return write_state(options_.out, state_);
}

void ExportJob::advance(std::uint64_t messages) {
  const std::lock_guard lock(mutex_);
  done_ += messages;
  if (options_.progress != nullptr) options_.progress->reach(done_);
}

std::optional<bool> ExportJob::is_erased(std::string_view subject) {
  if (!options_.is_erased) return false;
  const std::lock_guard lock(asking_);
  const std::optional<bool> erased = options_.is_erased(subject);
  if (!erased && unknown_.empty()) unknown_ = subject;
  return erased;
}

Stored<Done> ExportJob::erasures_known() {
  const std::lock_guard lock(asking_);
  if (unknown_.empty()) return Done{};
  return unavailable("whether " + unknown_ + " was erased can't be found out");
}

// ---- one partition

PartitionExport::PartitionExport(ExportJob& job, std::uint32_t partition, Ledger& ledger)
    : job_(job),
      partition_(partition),
      ledger_(ledger),
      state_(job.partition(partition)),
      chain_(partition, state_.head()) {}

Stored<Done> PartitionExport::run() {
  if (state_.range.last >= state_.end) return Done{};
  std::uint64_t told = state_.range.last;
  auto done = read_messages(
      ledger_, {partition_, state_.range.last + 1, state_.end}, job_.stop().get_token(),
      [this](const Message& message) -> Stored<bool> {
        if (auto taken = take(message); !taken.ok()) return Failure{std::move(taken).error()};
        return true;
      },
      [&](std::uint64_t last) {
        job_.advance(last - told);
        told = last;
      });
  if (!done.ok()) return done;
  return close();
}

Stored<Done> PartitionExport::take(const Message& message) {
  auto link = chain_.accept(message);
  if (!link.ok()) return Failure{std::move(link).error()};
  state_.range.last = message.sequence;
  auto* const stored = std::get_if<StoredCommit>(&link.value());
  if (stored != nullptr) {
    count(*stored);
  } else {
    ++state_.range.void_messages;
  }
  if (job_.options().plan.rows == ExportRows::Commits) {
    append_message(lines_, message.body, stored != nullptr);
    ++rows_in_file_;
    ++state_.range.rows;
  } else if (stored != nullptr) {
    add_events(std::move(*stored));
    if (auto known = job_.erasures_known(); !known.ok()) return known;
  }
  if (rows_in_file_ >= job_.options().plan.rows_per_file) return close();
  return flush(kWriteBytes);
}

void PartitionExport::count(const StoredCommit& stored) {
  ++state_.range.commits;
  state_.range.events += stored.commit.events.size();
  state_.range.hash = stored.hash;
  state_.commit = stored.position.commit;
  for (const auto& [partition, seen] : stored.commit.seen) {
    std::uint64_t& last = state_.seen[std::to_string(partition)];
    last = std::max(last, seen.commit);
  }
}

void PartitionExport::add_events(StoredCommit stored) {
  const auto wanted = [this](const eventstore::RecordedEvent& recorded) {
    return job_.filter().wants(recorded.event);
  };
  if (std::ranges::none_of(stored.commit.events, wanted)) return;
  if (!erased_) {
    erased_.emplace([this](std::string_view subject) { return job_.is_erased(subject); });
  }
  const eventstore::Link link = erased_->redact(std::move(stored));
  const auto& shown = std::get<StoredCommit>(link);
  for (std::uint32_t i = 0; i < shown.commit.events.size(); ++i) {
    if (!wanted(shown.commit.events[i])) continue;
    const ExportRow row = export_row(shown, i);
    if (job_.options().plan.format == ExportFormat::Csv) {
      append_csv(lines_, row);
    } else {
      append_jsonl(lines_, row);
    }
    ++rows_in_file_;
    ++state_.range.rows;
  }
}

Stored<Done> PartitionExport::flush(std::size_t threshold) {
  if (lines_.size() <= threshold) return Done{};
  if (!file_) {
    if (auto opened = open_file(); !opened.ok()) return opened;
  }
  auto written = file_->write(lines_);
  lines_.clear();
  return written;
}

Stored<Done> PartitionExport::open_file() {
  const ExportOptions& options = job_.options();
  const std::string name = fmt::format("{}-{}-{:05}.{}", name_of(options.plan.rows), partition_,
                                       job_.files_of(partition_) + 1, name_of(options.plan.format));
  auto opened = options.plan.format == ExportFormat::Parquet
                    ? open_piped_file(options.out, name, options.parquet_writer)
                    : open_text_file(options.out, name);
  if (!opened.ok()) return Failure{std::move(opened).error()};
  file_ = std::move(opened).value();
  if (options.plan.format != ExportFormat::Csv) return Done{};
  return file_->write(csv_header());
}

Stored<Done> PartitionExport::close() {
  if (auto done = flush(0); !done.ok()) return done;
  if (!file_) return job_.keep(state_, nullptr);
  auto file = file_->finish();
  file_.reset();
  erased_.reset();
  if (!file.ok()) return Failure{std::move(file).error()};
  file.value().partition = partition_;
  file.value().rows = rows_in_file_;
  rows_in_file_ = 0;
  return job_.keep(state_, &file.value());
}

}  // namespace cassette::replay
