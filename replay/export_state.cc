// The state's file is replaced whole, after the files that it names are on the disk.
#include "replay/export_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "eventstore/data_folder.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::replay {

using eventstore::Done;
using eventstore::Stored;
using eventstore::StoreError;

namespace {

std::string shown(const std::vector<std::string>& types) {
  return fmt::format("{}", fmt::join(types, ","));
}

std::string differs(std::string_view flag, const std::string& was, const std::string& wanted) {
  if (was == wanted) return {};
  return fmt::format("{} was '{}' and is '{}'", flag, was, wanted);
}

}  // namespace

Stored<std::optional<ExportState>> read_state(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / kStateName;
  if (!std::filesystem::exists(file)) return std::optional<ExportState>();
  const auto text = eventstore::read_file(file);
  if (!text.ok()) return Failure{text.error()};
  ExportState state;
  if (!eventstore::read_json(text.value(), state) || state.v != kExportVersion) {
    return Failure{
        StoreError{StoreError::Kind::Mismatch, file.string() + " is not what this program wrote"}};
  }
  for (std::size_t p = 0; p < state.partitions.size(); ++p) {
    const ExportRange& range = state.partitions[p].range;
    const std::uint64_t end = std::max(state.partitions[p].end, range.after);
    if (range.partition == p && range.after <= range.last && range.last <= end) continue;
    return Failure{
        StoreError{StoreError::Kind::Mismatch, file.string() + " has its ranges in disorder"}};
  }
  for (const ExportedFile& each : state.files) {
    std::error_code error;
    if (!each.has_plain_name() || each.partition >= state.partitions.size()) {
      return Failure{
          StoreError{StoreError::Kind::Mismatch, file.string() + " names a file of elsewhere"}};
    }
    const auto bytes = std::filesystem::file_size(folder / each.name, error);
    if (!error && bytes == each.bytes) continue;
    return Failure{StoreError{StoreError::Kind::Mismatch,
                              (folder / each.name).string() + " is not there as it was finished"}};
  }
  return std::optional(std::move(state));
}

Stored<Done> write_state(const std::filesystem::path& folder, const ExportState& state) {
  return eventstore::replace_file(folder / kStateName, eventstore::to_json(state) + "\n");
}

ExportManifest manifest_of(const ExportState& state) {
  ExportManifest manifest;
  manifest.ledger_id = state.ledger_id;
  manifest.partitions = static_cast<std::uint32_t>(state.partitions.size());
  manifest.hash = state.hash;
  manifest.plan = state.plan;
  for (const PartitionState& partition : state.partitions) {
    manifest.ranges.push_back(partition.range);
  }
  manifest.files = state.files;
  std::ranges::stable_sort(manifest.files, {}, &ExportedFile::partition);
  manifest.digest = digest_of(manifest.files);
  return manifest;
}

std::string difference(const ExportPlan& was, const ExportPlan& wanted) {
  const std::string differences[] = {
      differs("--rows", std::string(name_of(was.rows)), std::string(name_of(wanted.rows))),
      differs("--format", std::string(name_of(was.format)), std::string(name_of(wanted.format))),
      differs("--from", was.from, wanted.from),
      differs("--to", was.to, wanted.to),
      differs("--vendor", was.vendor, wanted.vendor),
      differs("--types", shown(was.types), shown(wanted.types)),
      differs("--rows-per-file", std::to_string(was.rows_per_file),
              std::to_string(wanted.rows_per_file))};
  const auto* first =
      std::ranges::find_if(differences, [](const std::string& each) { return !each.empty(); });
  return first == std::end(differences) ? std::string() : *first;
}

}  // namespace cassette::replay
