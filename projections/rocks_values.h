// How documents and points lie in RocksDB: a value is the version, eight bytes little-endian, and
// then the JSON as it is served.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "projections/model_writer.h"
#include "projections/read_models.h"
#include "projections/rocks_database.h"

namespace cassette::projections {

inline constexpr std::size_t kVersionBytes = 8;

void append_version(std::string& out, std::uint64_t version);
std::string_view body_of(std::string_view value);
// Nothing when the value is too short to be one.
std::optional<Document> document_of(std::string value);

// ---- the Meta family

// Grows by one when what is kept, or how, changes: models of another version are folded anew.
inline constexpr std::uint32_t kSchemaVersion = 4;

struct ModelsMeta {
  std::uint32_t schema = 0;
  std::uint32_t partitions = 0;

  static void fields(auto& self, auto&& visit) {
    visit("schema", self.schema);
    visit("partitions", self.partitions);
  }
};

// Nothing for a database that was never written.
Stored<std::optional<ModelsMeta>> read_meta(const RocksDatabase& database);
void put_meta(const RocksDatabase& database, rocksdb::WriteBatch& batch, const ModelsMeta& meta);

// One a partition; zero where nothing is folded yet.
Stored<std::vector<ModelPoint>> read_points(const RocksDatabase& database,
                                            std::uint32_t partitions);
void put_point(const RocksDatabase& database, rocksdb::WriteBatch& batch, std::uint32_t partition,
               const ModelPoint& point);

std::vector<Position> positions_of(const std::vector<ModelPoint>& points);

}  // namespace cassette::projections
