// Two passes over the same lines: one that only judges, and one that appends.
#include "replay/restore.h"

#include <fmt/format.h>

#include <functional>
#include <set>

#include "domain/check.h"
#include "domain/reactions.h"
#include "eventstore/chain.h"
#include "eventstore/codec.h"
#include "replay/export_lines.h"
#include "replay/export_message.h"

namespace cassette::replay {

using eventstore::Done;
using eventstore::Ledger;
using eventstore::Link;
using eventstore::Message;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoredCommit;
using eventstore::StoreError;

namespace {

// Of one append, by a server that syncs each.
constexpr std::chrono::milliseconds kAppendTimeout{30'000};

Failure<StoreError> failure(StoreError::Kind kind, std::string what) {
  return Failure{StoreError{kind, std::move(what)}};
}

// Called with each message of a partition and what the chain says of it.
using TakeMessage = std::function<Stored<Done>(const Message& message, const Link& link)>;

class PartitionReading {
 public:
  PartitionReading(const std::filesystem::path& folder, const ExportManifest& manifest,
                   std::uint32_t partition, const RestoreOptions& options)
      : folder_(folder),
        manifest_(manifest),
        range_(manifest.ranges[partition]),
        chain_(partition),
        options_(options) {}

  // All files of the partition.
  Stored<Done> run(const TakeMessage& take) {
    for (const ExportedFile& file : manifest_.files) {
      if (file.partition != range_.partition) continue;
      if (auto done = read(file, take); !done.ok()) return done;
    }
    return check_end();
  }

 private:
  Stored<Done> read(const ExportedFile& file, const TakeMessage& take) {
    ExportLines lines(folder_, file);
    while (const auto line = lines.next()) {
      if (options_.stop.stop_requested()) {
        return failure(StoreError::Kind::Unavailable, "told to stop");
      }
      auto body = message_of(*line);
      if (!body) return failure(StoreError::Kind::Corrupt, lines.where() + " is no message");
      const Message message{chain_.head().read + 1, std::move(*body), {}};
      auto link = chain_.accept(message);
      if (!link.ok()) return failure(link.error().kind, lines.where() + ": " + link.error().what);
      if (auto counted = count(link.value(), lines); !counted.ok()) return counted;
      if (auto done = take(message, link.value()); !done.ok()) return done;
    }
    if (lines.line() != file.rows) {
      return failure(StoreError::Kind::Mismatch,
                     fmt::format("{} has {} lines, and the manifest says {}", file.name,
                                 lines.line(), file.rows));
    }
    return lines.finish();
  }

  Stored<Done> count(const Link& link, const ExportLines& lines) {
    const auto* stored = std::get_if<StoredCommit>(&link);
    if (stored == nullptr) {
      ++voids_;
      return Done{};
    }
    if (commits_++ == 0) return check_genesis(*stored, lines);
    return Done{};
  }

  Stored<Done> check_genesis(const StoredCommit& stored, const ExportLines& lines) const {
    const auto& genesis = std::get<domain::LedgerCreated>(stored.commit.events.front().event);
    if (genesis.ledger_id == manifest_.ledger_id && genesis.hash == manifest_.hash &&
        genesis.partition == range_.partition && genesis.partitions == manifest_.partitions) {
      return Done{};
    }
    return failure(StoreError::Kind::Mismatch, lines.where() + " creates another ledger");
  }

  Stored<Done> check_end() const {
    const std::string of = fmt::format("partition {}", range_.partition);
    if (chain_.head().read != range_.last || chain_.head().hash != range_.hash) {
      return failure(
          StoreError::Kind::Mismatch,
          fmt::format("{} ends with commit {} of hash {}, and the manifest says {} of {}", of,
                      chain_.head().read, eventstore::hex(chain_.head().hash), range_.last,
                      eventstore::hex(range_.hash)));
    }
    if (commits_ != range_.commits || voids_ != range_.void_messages) {
      return failure(StoreError::Kind::Mismatch, of + " has not the counts of the manifest");
    }
    return Done{};
  }

  const std::filesystem::path& folder_;
  const ExportManifest& manifest_;
  const ExportRange& range_;
  eventstore::Chain chain_;
  const RestoreOptions& options_;
  std::uint64_t commits_ = 0;
  std::uint64_t voids_ = 0;
};

// Counts over all partitions.
class Meter {
 public:
  Meter(const ExportManifest& manifest, ProgressMeter* meter) : meter_(meter) {
    std::uint64_t total = 0;
    for (const ExportRange& range : manifest.ranges) total += range.rows;
    if (meter_ != nullptr) meter_->start(total);
  }
  ~Meter() {
    if (meter_ != nullptr) meter_->finish();
  }
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  void count() {
    if (meter_ != nullptr) meter_->reach(++done_);
  }

 private:
  ProgressMeter* const meter_;
  std::uint64_t done_ = 0;
};

// The partitions that the commit gives work to, as its engine said in the message's header.
std::vector<std::uint32_t> addressed_by(const Link& link, std::uint32_t partitions) {
  const auto* stored = std::get_if<StoredCommit>(&link);
  if (stored == nullptr) return {};
  std::set<std::uint32_t> to;
  for (const eventstore::RecordedEvent& recorded : stored->commit.events) {
    for (const domain::Command& command : domain::react(recorded.event)) {
      to.insert(eventstore::partition_of(domain::home_of(command), partitions));
    }
  }
  to.erase(stored->position.partition);
  return {to.begin(), to.end()};
}

Stored<Done> append(Ledger& ledger, const Message& message, const Link& link,
                    std::uint32_t partitions) {
  const eventstore::AppendResult result = ledger.append(
      message.sequence - 1, message.body, addressed_by(link, partitions), kAppendTimeout);
  if (result.outcome == eventstore::AppendOutcome::Stored) return Done{};
  const auto kind = result.outcome == eventstore::AppendOutcome::WrongSequence
                        ? StoreError::Kind::Mismatch
                        : StoreError::Kind::Unavailable;
  return failure(kind, fmt::format("message {} was not stored: {}", message.sequence, result.why));
}

Stored<Done> check_commits(const std::filesystem::path& folder, const ExportManifest& manifest,
                           const RestoreOptions& options) {
  Meter meter(manifest, options.progress);
  for (std::uint32_t p = 0; p < manifest.partitions; ++p) {
    if (manifest.ranges[p].after != 0) {
      return failure(StoreError::Kind::Mismatch, "the export does not begin with the ledger");
    }
    auto done = PartitionReading(folder, manifest, p, options).run([&](const auto&, const auto&) {
      meter.count();
      return Stored<Done>(Done{});
    });
    if (!done.ok()) return done;
  }
  return Done{};
}

}  // namespace

Stored<SignedManifest> check_export(const std::filesystem::path& folder,
                                    const RestoreOptions& options) {
  auto read = read_manifest(folder);
  if (!read.ok()) return read;
  const ExportManifest& manifest = read.value().manifest;
  if (auto done = check_signature(read.value(), options.keys); !done.ok()) {
    return Failure{std::move(done).error()};
  }
  if (manifest.plan.rows == ExportRows::Commits) {
    if (auto done = check_commits(folder, manifest, options); !done.ok()) {
      return Failure{std::move(done).error()};
    }
    return read;
  }
  for (const ExportedFile& file : manifest.files) {
    if (auto done = check_file(folder, file); !done.ok()) return Failure{std::move(done).error()};
  }
  return read;
}

Stored<Done> restore_ledgers(const std::filesystem::path& folder, const ExportManifest& manifest,
                             std::span<Ledger* const> ledgers, const RestoreOptions& options) {
  if (manifest.plan.rows != ExportRows::Commits) {
    return failure(StoreError::Kind::Unsupported,
                   "only an export made with --rows commits can be put back");
  }
  CHECK(ledgers.size() == manifest.partitions);
  for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
    const auto last = ledgers[p]->last_sequence();
    if (!last.ok()) return Failure{last.error()};
    if (last.value() == 0) continue;
    return failure(StoreError::Kind::Mismatch,
                   fmt::format("the ledger of partition {} is not empty: it ends at {}", p,
                               format(Position{p, last.value()})));
  }
  Meter meter(manifest, options.progress);
  for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
    auto done = PartitionReading(folder, manifest, p, options)
                    .run([&](const Message& message, const Link& link) {
                      meter.count();
                      return append(*ledgers[p], message, link, manifest.partitions);
                    });
    if (!done.ok()) return done;
  }
  return Done{};
}

}  // namespace cassette::replay
