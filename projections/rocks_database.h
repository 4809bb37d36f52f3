// RocksDatabase: one generation's RocksDB with its column families, as the projector's primary or a
// reader's secondary. It moves bytes and turns RocksDB's statuses into StoreErrors.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/store_error.h"
#include "projections/index_keys.h"

namespace cassette::projections {

using eventstore::Done;
using eventstore::Stored;
using eventstore::StoreError;

inline rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

// Documents and blocks of all families together. Bytes.
inline constexpr std::size_t kBlockCacheBytes = 128 << 20;

// Reads are thread-safe; one thread writes.
class RocksDatabase {
 public:
  // Makes the folder when it is absent. Unavailable when another process has it open for writing,
  // Corrupt for a folder that holds anything but read models, Full.
  static Stored<std::unique_ptr<RocksDatabase>> open_primary(const std::string& path,
                                                             std::size_t cache_bytes);
  // Reads what a primary writes, as of the last catch_up. `scratch` is a folder of its own.
  static Stored<std::unique_ptr<RocksDatabase>> open_secondary(const std::string& path,
                                                               const std::string& scratch,
                                                               std::size_t cache_bytes);
  ~RocksDatabase();
  RocksDatabase(const RocksDatabase&) = delete;
  RocksDatabase& operator=(const RocksDatabase&) = delete;

  const std::string& path() const { return path_; }

  // What a list reads is one state: nothing written later. Of a secondary, which has no snapshots,
  // what is read is at least as new.
  class View {
   public:
    explicit View(const RocksDatabase& database);
    ~View();
    View(const View&) = delete;
    View& operator=(const View&) = delete;

    Stored<std::optional<std::string>> get(Family family, std::string_view key) const;
    Stored<bool> contains(Family family, std::string_view key) const;
    // Over the keys from `lower` on and below `upper`, which must outlive it.
    std::unique_ptr<rocksdb::Iterator> iterate(Family family, const rocksdb::Slice* lower,
                                               const rocksdb::Slice* upper) const;

   private:
    const RocksDatabase& database_;
    rocksdb::ReadOptions options_;
  };

  Stored<std::optional<std::string>> get(Family family, std::string_view key) const;
  // In the order of `keys`.
  Stored<std::vector<std::optional<std::string>>> get_many(Family family,
                                                           std::span<const std::string> keys) const;

  // Every pair of the family in the order of keys, until `visit` gives false.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;
  Stored<Done> for_each(Family family, const Visit& visit) const;
  std::unique_ptr<rocksdb::Iterator> scan(Family family) const;

  // Applies the batch whole or not at all, through the write-ahead log.
  Stored<Done> write(rocksdb::WriteBatch& batch);
  rocksdb::ColumnFamilyHandle* handle(Family family) const;

  // Takes over what the primary has written since. Of a secondary only.
  Stored<Done> catch_up();

  Failure<StoreError> failure(const rocksdb::Status& status) const;
  Failure<StoreError> corrupt(std::string_view what) const;

 private:
  explicit RocksDatabase(std::string path) : path_(std::move(path)) {}
  using Handles = std::vector<rocksdb::ColumnFamilyHandle*>;
  void own(rocksdb::DB* database, const Handles& handles);

  std::string path_;
  bool secondary_ = false;
  bool write_failed_ = false;
  std::unique_ptr<rocksdb::DB> database_;
  std::vector<std::unique_ptr<rocksdb::ColumnFamilyHandle>> handles_;  // go before the database
};

}  // namespace cassette::projections
