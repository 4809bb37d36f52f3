// Encodes values, and reads and writes the Meta family.
#include "projections/rocks_values.h"

#include <fmt/format.h>

#include "domain/check.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::projections {
namespace {

constexpr std::string_view kMetaKey = "models";

std::string point_key(std::uint32_t partition) {
  return fmt::format("partition/{}", partition);
}

void put(const RocksDatabase& database, rocksdb::WriteBatch& batch, std::string_view key,
         const std::string& value) {
  CHECK(batch.Put(database.handle(Family::Meta), slice(key), slice(value)).ok());
}

}  // namespace

void append_version(std::string& out, std::uint64_t version) {
  for (std::size_t i = 0; i < kVersionBytes; ++i) {
    out.push_back(static_cast<char>(version >> (8 * i) & 0xff));
  }
}

std::string_view body_of(std::string_view value) {
  return value.size() < kVersionBytes ? std::string_view() : value.substr(kVersionBytes);
}

std::optional<Document> document_of(std::string value) {
  if (value.size() < kVersionBytes) return std::nullopt;
  Document document;
  for (std::size_t i = kVersionBytes; i-- > 0;) {
    document.version = document.version << 8 | static_cast<unsigned char>(value[i]);
  }
  value.erase(0, kVersionBytes);
  document.body = std::move(value);
  return document;
}

Stored<std::optional<ModelsMeta>> read_meta(const RocksDatabase& database) {
  auto value = database.get(Family::Meta, kMetaKey);
  if (!value) return Failure{std::move(value).error()};
  if (!value.value()) return std::optional<ModelsMeta>();
  ModelsMeta meta;
  if (!eventstore::read_json(*value.value(), meta)) return database.corrupt("unreadable meta");
  return std::optional(meta);
}

void put_meta(const RocksDatabase& database, rocksdb::WriteBatch& batch, const ModelsMeta& meta) {
  put(database, batch, kMetaKey, eventstore::to_json(meta));
}

Stored<std::vector<ModelPoint>> read_points(const RocksDatabase& database,
                                            std::uint32_t partitions) {
  std::vector<ModelPoint> points(partitions);
  for (std::uint32_t p = 0; p < partitions; ++p) {
    auto value = database.get(Family::Meta, point_key(p));
    if (!value) return Failure{std::move(value).error()};
    if (!value.value()) continue;
    if (!eventstore::read_json(*value.value(), points[p])) {
      return database.corrupt(fmt::format("unreadable point of partition {}", p));
    }
  }
  return points;
}

void put_point(const RocksDatabase& database, rocksdb::WriteBatch& batch, std::uint32_t partition,
               const ModelPoint& point) {
  put(database, batch, point_key(partition), eventstore::to_json(point));
}

std::vector<Position> positions_of(const std::vector<ModelPoint>& points) {
  std::vector<Position> positions;
  for (std::uint32_t p = 0; p < points.size(); ++p) positions.push_back({p, points[p].commit});
  return positions;
}

}  // namespace cassette::projections
