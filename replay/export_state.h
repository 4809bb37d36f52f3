// ExportState: how far an export has come, as a file in its folder while it is under way. Private
// to the export.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "eventstore/chain.h"
#include "replay/export_manifest.h"

namespace cassette::replay {

inline constexpr std::string_view kStateName = "export.json";

// Of one partition: what its finished files hold, and no more.
struct PartitionState {
  ExportRange range;         // counts of what was read; `last` is what was read
  std::uint64_t commit = 0;  // the chain's last, at `last`; its hash is the range's
  std::uint64_t end = 0;     // the last message that belongs to the export
  std::map<std::string, std::uint64_t> seen;  // by partition: the last commit seen of it

  eventstore::ChainHead head() const { return {range.last, commit, range.hash}; }
  static void fields(auto& self, auto&& visit) {
    visit("range", self.range);
    visit("commit", self.commit);
    visit("end", self.end);
    visit("seen", self.seen);
  }
};

struct ExportState {
  std::uint32_t v = kExportVersion;
  std::string ledger_id;
  std::string hash;
  ExportPlan plan;
  std::vector<PartitionState> partitions;
  std::vector<ExportedFile> files;  // as they were finished

  static void fields(auto& self, auto&& visit) {
    visit("v", self.v);
    visit("ledgerId", self.ledger_id);
    visit("hash", self.hash);
    visit("plan", self.plan);
    visit("partitions", self.partitions);
    visit("files", self.files);
  }
};

// Nothing when the folder has none. Mismatch for one that can't be read, or is of a file that is
// not there as it was.
eventstore::Stored<std::optional<ExportState>> read_state(const std::filesystem::path& folder);
eventstore::Stored<eventstore::Done> write_state(const std::filesystem::path& folder,
                                                 const ExportState& state);

// Of an export that is done.
ExportManifest manifest_of(const ExportState& state);

// Which of the two plans' members differs first, as its flag; empty when none does.
std::string difference(const ExportPlan& was, const ExportPlan& wanted);

}  // namespace cassette::replay
