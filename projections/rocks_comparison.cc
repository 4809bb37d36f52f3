// Reads two generations side by side, in the order of keys.
#include <fmt/format.h>

#include "domain/check.h"
#include "eventstore/codec.h"
#include "projections/comparison.h"
#include "projections/generations.h"
#include "projections/rocks_database.h"
#include "projections/rocks_values.h"

namespace cassette::projections {
namespace {

constexpr std::size_t kCacheBytes = 8 << 20;  // everything is read once
// A generation that is being removed while it is opened has a successor; so many times at most.
constexpr int kOpenTries = 10;

Failure<StoreError> none_in(const std::filesystem::path& folder) {
  return Failure{StoreError{StoreError::Kind::Unavailable,
                            fmt::format("there are no read models in {}", folder.string())}};
}

void append_length(std::string& out, std::size_t length) {
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(length >> shift);
}

class RocksStillModels : public StillModels {
 public:
  RocksStillModels(std::unique_ptr<RocksDatabase> database, std::vector<Position> positions,
                   std::shared_ptr<GenerationHold> hold)
      : hold_(std::move(hold)), database_(std::move(database)), positions_(std::move(positions)) {}

  const std::vector<Position>& positions() const override { return positions_; }

  Stored<std::vector<ModelDigest>> digests() const override {
    std::vector<ModelDigest> all;
    for (std::size_t i = 0; i < kFamilyCount; ++i) {
      const auto family = static_cast<Family>(i);
      if (family == Family::Meta) continue;
      Stored<ModelDigest> digest = digest_of(family);
      if (!digest) return Failure{std::move(digest).error()};
      all.push_back(std::move(digest).value());
    }
    return all;
  }

  Stored<std::optional<Difference>> first_difference(const std::string& name,
                                                     const StillModels& right) const override {
    const std::optional<Family> family = enum_named<Family>(name);
    CHECK(family.has_value());
    const auto* other = dynamic_cast<const RocksStillModels*>(&right);
    CHECK(other != nullptr);
    const auto mine = database_->scan(*family);
    const auto theirs = other->database_->scan(*family);
    mine->SeekToFirst();
    theirs->SeekToFirst();
    while (mine->Valid() && theirs->Valid() && mine->key() == theirs->key() &&
           mine->value() == theirs->value()) {
      mine->Next();
      theirs->Next();
    }
    if (!mine->status().ok()) return database_->failure(mine->status());
    if (!theirs->status().ok()) return other->database_->failure(theirs->status());
    return difference_at(name, *mine, *theirs);
  }

 private:
  // The digest of an entry covers the digest of all before it.
  Stored<ModelDigest> digest_of(Family family) const {
    ModelDigest digest{std::string(name_of(family)), 0, {}};
    std::string buffer;
    const Stored<Done> read =
        database_->for_each(family, [&](std::string_view key, std::string_view value) {
          buffer.assign(digest.digest.begin(), digest.digest.end());
          append_length(buffer, key.size());
          buffer.append(key).append(value);
          digest.digest = eventstore::hash_of(buffer);
          ++digest.entries;
          return true;
        });
    if (!read) return Failure{read.error()};
    return digest;
  }

  static std::optional<Difference> difference_at(const std::string& name,
                                                 const rocksdb::Iterator& left,
                                                 const rocksdb::Iterator& right) {
    if (!left.Valid() && !right.Valid()) return std::nullopt;
    const int order = !left.Valid() ? 1 : !right.Valid() ? -1 : left.key().compare(right.key());
    Difference found{name, (order <= 0 ? left : right).key().ToString(), {}, {}};
    if (order <= 0) found.left = left.value().ToString();
    if (order >= 0) found.right = right.value().ToString();
    return found;
  }

  std::shared_ptr<GenerationHold> hold_;  // let go after the database is closed
  std::unique_ptr<RocksDatabase> database_;
  const std::vector<Position> positions_;
};

Stored<std::unique_ptr<StillModels>> open_held(const std::filesystem::path& generation,
                                               const std::filesystem::path& scratch,
                                               std::shared_ptr<GenerationHold> hold) {
  std::error_code error;
  if (!std::filesystem::exists(generation / "CURRENT", error)) return none_in(generation);
  std::filesystem::create_directories(scratch, error);
  auto database = RocksDatabase::open_secondary(generation.string(), scratch.string(), kCacheBytes);
  if (!database) return Failure{std::move(database).error()};
  const auto meta = read_meta(*database.value());
  if (!meta) return Failure{meta.error()};
  if (!meta.value()) return none_in(generation);
  if (meta.value()->schema != kSchemaVersion) {
    return Failure{
        StoreError{StoreError::Kind::Unsupported,
                   fmt::format("the read models {} are of schema {}, not {}", generation.string(),
                               meta.value()->schema, kSchemaVersion)}};
  }
  const auto points = read_points(*database.value(), meta.value()->partitions);
  if (!points) return Failure{points.error()};
  return std::unique_ptr<StillModels>(std::make_unique<RocksStillModels>(
      std::move(database).value(), positions_of(points.value()), std::move(hold)));
}

}  // namespace

Stored<std::unique_ptr<StillModels>> StillModels::open(const std::filesystem::path& generation,
                                                       const std::filesystem::path& scratch) {
  return open_held(generation, scratch, nullptr);
}

Stored<std::unique_ptr<StillModels>> StillModels::open_current(
    const std::filesystem::path& root, const std::filesystem::path& scratch) {
  const Generations generations(root);
  for (int i = 0; i < kOpenTries; ++i) {
    const auto current = generations.current();
    if (!current) return Failure{current.error()};
    if (!current.value()) break;
    auto hold = generations.hold(*current.value());
    if (!hold) return Failure{std::move(hold).error()};
    if (!hold.value()) continue;
    return open_held(generations.folder(*current.value()), scratch, std::move(hold).value());
  }
  return none_in(root);
}

}  // namespace cassette::projections
