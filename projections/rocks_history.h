// RocksHistory: the RocksDB of a history, as its folder's primary or as a secondary. It moves
// bytes: what a version holds is the writer's, and which are folded the projector's.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/model_writer.h"
#include "projections/read_models.h"
#include "projections/rocks_values.h"

namespace cassette::projections {

// Grows by one when what is kept, or how, changes: a history of another version is folded anew.
inline constexpr std::uint32_t kHistorySchema = 1;

// Reads are thread-safe; one thread writes.
//
// A version's key is the document's key, a zero byte, and the commit, eight bytes big-endian; its
// value is as the read models keep it. A commit's time is a key of partition (four), time and
// commit (eight each).
class RocksHistory {
 public:
  // Makes the folder when it is absent. Unavailable when another process has it open for writing.
  static Stored<std::unique_ptr<RocksHistory>> open_primary(const std::string& path);
  // Reads what a primary writes, as of the last catch_up. `scratch` is a folder of its own.
  static Stored<std::unique_ptr<RocksHistory>> open_secondary(const std::string& path,
                                                              const std::string& scratch);
  ~RocksHistory();
  RocksHistory(const RocksHistory&) = delete;
  RocksHistory& operator=(const RocksHistory&) = delete;

  const std::string& path() const { return path_; }

  // The value of the last version that is not after `commit`.
  Stored<std::optional<std::string>> version_at(Model model, std::string_view key,
                                                std::uint64_t commit) const;
  Stored<std::vector<std::uint64_t>> changes(Model model, std::string_view key, std::uint64_t after,
                                             std::uint64_t until) const;
  Stored<std::uint64_t> last_commit_at(std::uint32_t partition, domain::Timestamp at) const;

  void put_version(rocksdb::WriteBatch& batch, Model model, std::string_view key,
                   std::uint64_t commit, std::string_view value);
  void put_time(rocksdb::WriteBatch& batch, std::uint32_t partition, domain::Timestamp at,
                std::uint64_t commit);

  // Nothing for a history that was never written.
  Stored<std::optional<ModelsMeta>> meta() const;
  void put_meta(rocksdb::WriteBatch& batch, const ModelsMeta& meta);
  // One a partition; zero where nothing is folded yet.
  Stored<std::vector<ModelPoint>> points(std::uint32_t partitions) const;
  void put_point(rocksdb::WriteBatch& batch, std::uint32_t partition, const ModelPoint& point);

  // Applies the batch whole or not at all, through the write-ahead log, which secondaries read.
  Stored<Done> write(rocksdb::WriteBatch& batch);
  // Takes over what the primary has written since. Of a secondary only.
  Stored<Done> catch_up();

  Failure<StoreError> corrupt(std::string_view what) const;

 private:
  explicit RocksHistory(std::string path) : path_(std::move(path)) {}
  void own(rocksdb::DB* database, const std::vector<rocksdb::ColumnFamilyHandle*>& handles);
  Stored<std::optional<std::string>> get_meta(std::string_view key) const;
  void put_meta(rocksdb::WriteBatch& batch, std::string_view key, const std::string& value);
  Failure<StoreError> failure(const rocksdb::Status& status) const;
  rocksdb::ColumnFamilyHandle* handle(std::size_t family) const { return handles_[family].get(); }

  std::string path_;
  std::string key_;  // of the one that writes
  bool secondary_ = false;
  bool write_failed_ = false;
  std::unique_ptr<rocksdb::DB> database_;
  std::vector<std::unique_ptr<rocksdb::ColumnFamilyHandle>> handles_;  // go before the database
};

}  // namespace cassette::projections
