// The folder, the rounds over all partitions, and the end.
#include "replay/export.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <set>
#include <thread>

#include "eventstore/data_folder.h"
#include "eventstore/event_fields.h"
#include "replay/export_bounds.h"
#include "replay/genesis.h"
#include "replay/heads.h"
#include "replay/partition_export.h"

namespace cassette::replay {

using eventstore::Done;
using eventstore::Ledger;
using eventstore::Stored;
using eventstore::StoreError;

namespace fs = std::filesystem;

namespace {

Failure<StoreError> failure(StoreError::Kind kind, std::string what) {
  return Failure{StoreError{kind, std::move(what)}};
}

// ---- what was asked for

// Why the plan makes no sense; empty when it does.
std::string objection_to(const ExportPlan& plan) {
  for (const std::string& type : plan.types) {
    const bool known = eventstore::event_named(type) < std::variant_size_v<domain::Event::OneOf>;
    if (!known) return "--types names '" + type + "', which is no event";
  }
  if (plan.rows_per_file == 0) return "--rows-per-file is 0";
  const auto from = parse_bound(plan.from);
  const auto to = parse_bound(plan.to);
  constexpr std::string_view kBound = "takes a time or positions such as 0:1841,1:77";
  if (!from) return fmt::format("--from {}", kBound);
  if (!to) return fmt::format("--to {}", kBound);
  if (plan.rows == ExportRows::Events) return {};
  constexpr std::string_view kWhole = "--rows commits exports the ledger from its beginning on";
  if (!from->open()) return fmt::format("{}: not with --from", kWhole);
  if (!to->positions.empty()) return fmt::format("{}: --to takes a time", kWhole);
  if (!plan.vendor.empty()) return fmt::format("{}: not with --vendor", kWhole);
  if (!plan.types.empty()) return fmt::format("{}: not with --types", kWhole);
  if (plan.format != ExportFormat::Jsonl) return "--rows commits is written as jsonl only";
  return {};
}

// ---- the folder

Stored<eventstore::FileDescriptor> lock_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return failure(StoreError::Kind::Unavailable,
                   fmt::format("making {}: {}", folder.string(), error.message()));
  }
  eventstore::FileDescriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return Failure{eventstore::file_error("opening", folder)};
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return failure(StoreError::Kind::Unavailable,
                   "another process exports into " + folder.string());
  }
  return fd;
}

// What the manifest is called until it is whole.
constexpr std::string_view kNewManifest = "manifest.json.new";

// What a kill left behind goes; anything else that is no file of the export is refused.
Stored<Done> clear_folder(const fs::path& folder, const ExportState* state) {
  std::set<std::string> ours{std::string(kStateName), std::string(kStateName) + ".new"};
  if (state != nullptr) {
    for (const ExportedFile& file : state->files) ours.insert(file.name);
  }
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (ours.contains(name)) continue;
    const bool unfinished =
        name.starts_with("events-") || name.starts_with("commits-") || name == kNewManifest;
    if (state == nullptr || !unfinished) {
      return failure(
          StoreError::Kind::Mismatch,
          fmt::format("{} holds {}, which is of no export begun there", folder.string(), name));
    }
    fs::remove(entry.path(), error);
  }
  return Done{};
}

// The finished export that is there; nothing when there is none.
Stored<std::optional<ExportManifest>> finished_in(const ExportOptions& options,
                                                  const std::string& ledger_id) {
  if (!fs::exists(options.out / kManifestName)) return std::optional<ExportManifest>();
  auto read = read_manifest(options.out);
  if (!read.ok()) return Failure{std::move(read).error()};
  ExportManifest& manifest = read.value().manifest;
  std::string other = difference(manifest.plan, options.plan);
  if (manifest.ledger_id != ledger_id) other = "it is of ledger " + manifest.ledger_id;
  if (!other.empty()) {
    return failure(StoreError::Kind::Mismatch,
                   fmt::format("{} holds another export: {}", options.out.string(), other));
  }
  std::error_code ignored;
  fs::remove(options.out / kStateName, ignored);
  return std::optional(std::move(manifest));
}

// ---- the beginning

Stored<ExportState> new_state(std::span<Ledger* const> ledgers,
                              const domain::LedgerCreated& genesis, const ExportPlan& plan) {
  ExportState state;
  state.ledger_id = genesis.ledger_id;
  state.hash = genesis.hash;
  state.plan = plan;
  const auto ranges = ranges_of(ledgers, *parse_bound(plan.from), *parse_bound(plan.to));
  if (!ranges.ok()) return Failure{ranges.error()};
  for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
    const MessageRange& messages = ranges.value()[p];
    const auto head = head_before(p, *ledgers[p], messages.after + 1);
    if (!head.ok()) return Failure{head.error()};
    PartitionState partition;
    partition.range.partition = p;
    partition.range.after = partition.range.last = messages.after;
    partition.range.prev = partition.range.hash = head.value().hash;
    partition.commit = head.value().commit;
    partition.end = messages.end;
    state.partitions.push_back(std::move(partition));
  }
  return state;
}

// Whether the ledgers are those that the export was begun with.
Stored<Done> check_state(std::span<Ledger* const> ledgers, const domain::LedgerCreated& genesis,
                         const ExportOptions& options, const ExportState& state) {
  std::string other = difference(state.plan, options.plan);
  if (state.ledger_id != genesis.ledger_id) other = "it is of ledger " + state.ledger_id;
  if (!other.empty()) {
    return failure(StoreError::Kind::Mismatch, fmt::format("{} holds another export under way: {}",
                                                           options.out.string(), other));
  }
  if (state.partitions.size() != ledgers.size()) {
    return failure(StoreError::Kind::Mismatch, "the ledger has other partitions than at the start");
  }
  for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
    auto same = eventstore::check_head(*ledgers[p], state.partitions[p].head());
    if (!same.ok()) return same;
  }
  return Done{};
}

Stored<ExportState> begin(std::span<Ledger* const> ledgers, const domain::LedgerCreated& genesis,
                          const ExportOptions& options) {
  auto found = read_state(options.out);
  if (!found.ok()) return Failure{std::move(found).error()};
  if (found.value()) {
    auto same = check_state(ledgers, genesis, options, *found.value());
    if (!same.ok()) return Failure{std::move(same).error()};
  }
  auto cleared = clear_folder(options.out, found.value() ? &*found.value() : nullptr);
  if (!cleared.ok()) return Failure{std::move(cleared).error()};
  if (found.value()) return std::move(*found.value());
  auto state = new_state(ledgers, genesis, options.plan);
  if (!state.ok()) return state;
  auto written = write_state(options.out, state.value());
  if (!written.ok()) return Failure{std::move(written).error()};
  return state;
}

// ---- the rounds

// Every partition up to its end, a thread each.
Stored<Done> run_round(std::span<Ledger* const> ledgers, ExportJob& job) {
  std::vector<std::unique_ptr<PartitionExport>> parts;
  std::vector<std::optional<StoreError>> failures(ledgers.size());
  for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
    parts.push_back(std::make_unique<PartitionExport>(job, p, *ledgers[p]));
  }
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
      threads.emplace_back([&job, &failed = failures[p], part = parts[p].get()] {
        auto done = part->run();
        if (done.ok()) return;
        failed = std::move(done).error();
        job.stop().request_stop();  // the others
      });
    }
  }
  // Not the one that was told to stop because of another.
  const auto worst = std::ranges::find_if(failures, [](const std::optional<StoreError>& each) {
    return each && each->what != "told to stop";
  });
  if (worst != failures.end()) return Failure{**worst};
  const auto any = std::ranges::find_if(
      failures, [](const std::optional<StoreError>& each) { return each.has_value(); });
  if (any != failures.end()) return Failure{**any};
  return Done{};
}

// Moves the ends on to what the partitions have seen of one another, so that no effect is exported
// without its cause. False when nothing had to be moved.
Stored<bool> extend(std::span<Ledger* const> ledgers, ExportState& state) {
  bool extended = false;
  for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
    PartitionState& partition = state.partitions[p];
    for (const PartitionState& other : state.partitions) {
      const auto seen = other.seen.find(std::to_string(p));
      if (seen == other.seen.end() || seen->second <= partition.end) continue;
      partition.end = seen->second;
      extended = true;
    }
    const auto last = ledgers[p]->last_sequence();
    if (!last.ok()) return Failure{last.error()};
    if (last.value() < partition.end) {
      return failure(StoreError::Kind::Corrupt,
                     fmt::format("{} was seen by another partition, and is not there",
                                 format(eventstore::Position{p, partition.end})));
    }
  }
  return extended;
}

Stored<Done> run_rounds(std::span<Ledger* const> ledgers, ExportJob& job) {
  const bool closes = job.options().plan.to.empty();
  while (true) {
    if (auto done = run_round(ledgers, job); !done.ok()) return done;
    if (!closes) return Done{};
    const auto extended = extend(ledgers, job.state());
    if (!extended.ok()) return Failure{extended.error()};
    if (!extended.value()) return Done{};
    if (auto kept = write_state(job.options().out, job.state()); !kept.ok()) return kept;
  }
}

std::uint64_t messages_left(const ExportState& state) {
  std::uint64_t left = 0;
  for (const PartitionState& partition : state.partitions) {
    left += partition.end - partition.range.last;
  }
  return left;
}

}  // namespace

Stored<Exported> export_ledgers(std::span<Ledger* const> ledgers, const ExportOptions& options) {
  if (auto objection = objection_to(options.plan); !objection.empty()) {
    return failure(StoreError::Kind::Unsupported, std::move(objection));
  }
  const auto lock = lock_folder(options.out);
  if (!lock.ok()) return Failure{lock.error()};
  const auto genesis = genesis_of(0, *ledgers[0]);
  if (!genesis.ok()) return Failure{genesis.error()};
  auto finished = finished_in(options, genesis.value().ledger_id);
  if (!finished.ok()) return Failure{std::move(finished).error()};
  if (finished.value()) return Exported{std::move(*finished.value()), true};
  auto state = begin(ledgers, genesis.value(), options);
  if (!state.ok()) return Failure{std::move(state).error()};
  if (options.progress != nullptr) options.progress->start(messages_left(state.value()));
  ExportJob job(options, std::move(state).value());
  const std::stop_callback stop(options.stop, [&job] { job.stop().request_stop(); });
  if (auto done = run_rounds(ledgers, job); !done.ok()) return Failure{std::move(done).error()};
  if (options.progress != nullptr) options.progress->finish();
  ExportManifest manifest = manifest_of(job.state());
  auto written =
      eventstore::replace_file(options.out / kManifestName, manifest_text(manifest, options.key));
  if (!written.ok()) return Failure{std::move(written).error()};
  std::error_code ignored;
  fs::remove(options.out / kStateName, ignored);
  return Exported{std::move(manifest), false};
}

}  // namespace cassette::replay
