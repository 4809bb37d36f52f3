// ExportManifest: what an export holds: its range, its counts, the digest of each file and of all,
// and who vouches for it. Values, their text and their signature; making them is export.h's.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/commit.h"
#include "eventstore/notary_key.h"
#include "eventstore/store_error.h"

namespace cassette::replay {

// The format's version, written as `"v"`.
inline constexpr std::uint32_t kExportVersion = 1;
inline constexpr std::string_view kManifestName = "manifest.json";
// Rows of one file, unless asked otherwise: some hundred megabytes, and what a kill may cost.
inline constexpr std::uint64_t kRowsPerFile = 250'000;

enum class ExportRows {
  Events,   // one event a row
  Commits,  // one message of the ledger a row, its exact bytes: what can be put back
};
enum class ExportFormat { Jsonl, Csv, Parquet };

// What was asked for, as it was.
struct ExportPlan {
  ExportRows rows = ExportRows::Events;
  ExportFormat format = ExportFormat::Jsonl;
  std::string from;  // positions or a time; empty: from the first message on
  std::string to;    // likewise; empty: to the last one at the start
  std::string vendor;
  std::vector<std::string> types;
  std::uint64_t rows_per_file = kRowsPerFile;

  static void fields(auto& self, auto&& visit) {
    visit("rows", self.rows);
    visit("format", self.format);
    visit("from", self.from);
    visit("to", self.to);
    visit("vendor", self.vendor);
    visit("types", self.types);
    visit("rowsPerFile", self.rows_per_file);
  }
  bool operator==(const ExportPlan&) const = default;
};

// Of one partition: the messages after `after` up to `last`.
struct ExportRange {
  std::uint32_t partition = 0;
  std::uint64_t after = 0;  // 0: from the first message on
  eventstore::Hash prev{};  // of the last commit that is not after it; zeros: none
  std::uint64_t last = 0;
  eventstore::Hash hash{};  // of the last commit up to it; zeros: none
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::uint64_t void_messages = 0;
  std::uint64_t rows = 0;  // of them those that were wanted

  static void fields(auto& self, auto&& visit) {
    visit("partition", self.partition);
    visit("after", self.after);
    visit("prev", self.prev);
    visit("last", self.last);
    visit("hash", self.hash);
    visit("commits", self.commits);
    visit("events", self.events);
    visit("voidMessages", self.void_messages);
    visit("rows", self.rows);
  }
  bool operator==(const ExportRange&) const = default;
};

struct ExportedFile {
  std::string name;
  std::uint32_t partition = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  eventstore::Hash sha256{};

  // A name of a file in the export's own folder.
  bool has_plain_name() const {
    return !name.empty() && name[0] != '.' && name.find_first_of("/\\") == std::string::npos;
  }

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("partition", self.partition);
    visit("rows", self.rows);
    visit("bytes", self.bytes);
    visit("sha256", self.sha256);
  }
  bool operator==(const ExportedFile&) const = default;
};

struct ExportManifest {
  std::uint32_t v = kExportVersion;
  std::string ledger_id;
  std::uint32_t partitions = 0;
  std::string hash;  // that spreads the ids: as LedgerCreated names it
  ExportPlan plan;
  std::vector<ExportRange> ranges;  // by partition
  std::vector<ExportedFile> files;  // by partition, in their order
  eventstore::Hash digest{};        // digest_of(files)

  static void fields(auto& self, auto&& visit) {
    visit("v", self.v);
    visit("ledgerId", self.ledger_id);
    visit("partitions", self.partitions);
    visit("hash", self.hash);
    visit("plan", self.plan);
    visit("ranges", self.ranges);
    visit("files", self.files);
    visit("digest", self.digest);
  }
  bool operator==(const ExportManifest&) const = default;
};

struct SignedManifest {
  ExportManifest manifest;
  std::string key;        // NotaryPublicKey::text of whoever signed; empty: nobody did
  std::string signature;  // hexadecimal, for kExportPurpose, of the member `manifest` as it stands

  static void fields(auto& self, auto&& visit) {
    visit("manifest", self.manifest);
    visit("key", self.key);
    visit("signature", self.signature);
  }
};

// SHA-256 of the lines "<sha256 of the file>  <its name>\n", in the order of the files: of what
// `sha256sum` prints.
eventstore::Hash digest_of(const std::vector<ExportedFile>& files);

// The text of manifest.json. Without a key it is not signed. The same for the same manifest.
std::string manifest_text(const ExportManifest& manifest, const eventstore::NotaryKey* key);

// Reads DIR/manifest.json. Unavailable when there is none; Unsupported for another version;
// Mismatch when it is no manifest, is not written as manifest_text writes it, or does not fit
// together.
eventstore::Stored<SignedManifest> read_manifest(const std::filesystem::path& folder);

// Mismatch, saying why, unless one of `keys` signed it. Without keys: unless whoever it names did;
// an unsigned one will do then.
eventstore::Stored<eventstore::Done> check_signature(
    const SignedManifest& manifest, std::span<const eventstore::NotaryPublicKey> keys);

}  // namespace cassette::replay

template <>
struct cassette::EnumNames<cassette::replay::ExportRows> {
  static constexpr std::array<std::string_view, 2> values{"events", "commits"};
};
template <>
struct cassette::EnumNames<cassette::replay::ExportFormat> {
  static constexpr std::array<std::string_view, 3> values{"jsonl", "csv", "parquet"};
};
