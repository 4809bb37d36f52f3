// The manifest's text: whoever reads it writes it again and compares, so that what is signed is
// what stands in the file.
#include "replay/export_manifest.h"

#include <fmt/format.h>

#include <algorithm>

#include "eventstore/data_folder.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"
#include "eventstore/sha256.h"

namespace cassette::replay {

using eventstore::Done;
using eventstore::NotaryPublicKey;
using eventstore::Stored;
using eventstore::StoreError;

namespace {

Failure<StoreError> mismatch(std::string what) {
  return Failure{StoreError{StoreError::Kind::Mismatch, std::move(what)}};
}

// What does not fit together; empty when all does.
std::string objection_to(const ExportManifest& manifest) {
  if (manifest.digest != digest_of(manifest.files)) return "its digest is not that of its files";
  if (manifest.partitions == 0) return "it has no partition";
  if (manifest.ranges.size() != manifest.partitions) return "it has not a range a partition";
  for (const ExportedFile& file : manifest.files) {
    if (!file.has_plain_name()) return "it names the file '" + file.name + "'";
    if (file.partition >= manifest.partitions) return file.name + " is of no partition";
  }
  for (std::uint32_t p = 0; p < manifest.partitions; ++p) {
    const ExportRange& range = manifest.ranges[p];
    std::uint64_t rows = 0;
    for (const ExportedFile& file : manifest.files) {
      if (file.partition == p) rows += file.rows;
    }
    if (range.partition != p || range.after > range.last) return "its ranges are in disorder";
    if (range.rows != rows) return fmt::format("partition {} has not the rows of its files", p);
  }
  return {};
}

}  // namespace

eventstore::Hash digest_of(const std::vector<ExportedFile>& files) {
  eventstore::Sha256 digest;
  for (const ExportedFile& file : files) {
    digest.update(fmt::format("{}  {}\n", eventstore::hex(file.sha256), file.name));
  }
  return digest.finish();
}

std::string manifest_text(const ExportManifest& manifest, const eventstore::NotaryKey* key) {
  const std::string text = eventstore::to_json(manifest);
  std::string out = "{\"manifest\":" + text;
  if (key != nullptr) {
    out += fmt::format(",\"key\":\"{}\",\"signature\":\"{}\"", key->public_key().text(),
                       eventstore::hex(key->sign(eventstore::kExportPurpose, text)));
  }
  return out + "}\n";
}

Stored<SignedManifest> read_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / kManifestName;
  const auto text = eventstore::read_file(file);
  if (!text.ok()) return Failure{text.error()};
  SignedManifest read;
  if (!eventstore::read_json(text.value(), read)) {
    return mismatch(file.string() + " is no export's manifest");
  }
  if (read.manifest.v != kExportVersion) {
    return Failure{StoreError{StoreError::Kind::Unsupported,
                              fmt::format("{} is of version {}, and this program's is {}",
                                          file.string(), read.manifest.v, kExportVersion)}};
  }
  if (eventstore::to_json(read) + "\n" != text.value()) {
    return mismatch(file.string() + " is not as it was written");
  }
  const std::string objection = objection_to(read.manifest);
  if (!objection.empty()) return mismatch(file.string() + " is wrong: " + objection);
  return read;
}

Stored<Done> check_signature(const SignedManifest& manifest,
                             std::span<const NotaryPublicKey> keys) {
  if (manifest.signature.empty() && manifest.key.empty()) {
    if (keys.empty()) return Done{};
    return mismatch("the manifest is not signed");
  }
  const auto named = NotaryPublicKey::parse(manifest.key);
  if (!named) return mismatch("the manifest names no key: " + manifest.key);
  if (!keys.empty() && std::ranges::find(keys, *named) == keys.end()) {
    return mismatch("the manifest is signed by " + manifest.key + ", which is not to be believed");
  }
  const auto signature = eventstore::parse_signature(manifest.signature);
  const std::string text = eventstore::to_json(manifest.manifest);
  if (!signature || !named->verifies(eventstore::kExportPurpose, text, *signature)) {
    return mismatch("the manifest's signature is not that of " + manifest.key);
  }
  return Done{};
}

}  // namespace cassette::replay
