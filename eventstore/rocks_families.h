// RocksFamilies: the archive's RocksDB, opened with its column families and nothing else.
// It moves bytes and turns RocksDB's statuses into StoreErrors; what they mean is RocksArchive's.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/fields.h"
#include "eventstore/rocks_command_filter.h"
#include "eventstore/store_error.h"

namespace cassette::eventstore {

// One column family each, by the names of `EnumNames<Family>`.
enum class Family {
  Vendors,         // key: vendor
  Products,        // key: vendor/product
  Stock,           // key: vendor/product
  Customers,       // key: customer
  Orders,          // key: order
  SubOrders,       // key: vendor/order
  AwakeOrders,     // key: order; no value
  AwakeSubOrders,  // key: vendor/order; no value
  Holders,         // key: vendor/product/order, of units that are owed; no value
  Commands,        // key: the command's id
  Meta,            // the schema's version and the point of the fold
};
inline constexpr std::size_t kFamilyCount = 11;

// Reads are thread-safe; one thread writes.
class RocksFamilies {
 public:
  // Makes the folder when it is absent or empty. Failures: Corrupt for a folder that holds anything
  // but an archive, Unavailable when another process has it open, Full.
  static Stored<std::unique_ptr<RocksFamilies>> open(const std::string& path,
                                                     std::size_t cache_bytes);
  ~RocksFamilies();
  RocksFamilies(const RocksFamilies&) = delete;
  RocksFamilies& operator=(const RocksFamilies&) = delete;

  // Nothing when the key is absent, which costs no read from disk but for a false positive of the
  // bloom filters, one in a hundred.
  Stored<std::optional<std::string>> get(Family family, std::string_view key) const;

  // Every pair of the family in the order of keys, until `visit` fails.
  using Visit = std::function<Stored<Done>(std::string_view key, std::string_view value)>;
  Stored<Done> for_each(Family family, const Visit& visit) const;
  // The same for the keys that begin with `prefix`, until `visit` gives false.
  using VisitKey = std::function<bool(std::string_view key)>;
  Stored<Done> for_each_key(Family family, std::string_view prefix, const VisitKey& visit) const;

  // Applies `batch` whole or not at all, through the write-ahead log.
  Stored<Done> write(rocksdb::WriteBatch& batch);
  void put(rocksdb::WriteBatch& batch, Family family, std::string_view key, std::string_view value);
  void remove(rocksdb::WriteBatch& batch, Family family, std::string_view key);

  // Commands that were remembered at `horizon` or before go at their next compaction.
  void forget_commands_until(domain::Timestamp horizon) { command_filter_.forget_until(horizon); }
  // Rewrites the family now, dropping what is forgotten. Blocks.
  Stored<Done> compact(Family family);

  // Names the folder.
  Failure<StoreError> failure(StoreError::Kind kind, std::string_view what) const;
  Failure<StoreError> corrupt(std::string_view what) const {
    return failure(StoreError::Kind::Corrupt, what);
  }

 private:
  explicit RocksFamilies(std::string path) : path_(std::move(path)) {}
  rocksdb::Status open_database(std::size_t cache_bytes);
  rocksdb::ColumnFamilyHandle* handle(Family family) const;
  Failure<StoreError> failure(const rocksdb::Status& status) const;

  std::string path_;
  OldCommandFilter command_filter_;  // outlives the database, which calls it
  std::unique_ptr<rocksdb::DB> database_;
  std::vector<std::unique_ptr<rocksdb::ColumnFamilyHandle>> handles_;  // go before the database
  bool write_failed_ = false;
};

}  // namespace cassette::eventstore

template <>
struct cassette::EnumNames<cassette::eventstore::Family> {
  static constexpr std::array<std::string_view, cassette::eventstore::kFamilyCount> values{
      "vendors",      "products",         "stock",   "customers", "orders", "sub_orders",
      "awake_orders", "awake_sub_orders", "holders", "commands",  "meta"};
};
