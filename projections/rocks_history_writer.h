// RocksHistoryWriter: folds commits into one history's RocksDB, and keeps each document as each of
// them left it. Versions, times and points of a batch go in one write, or none of them does.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "projections/history_tables.h"
#include "projections/model_writer.h"
#include "projections/rocks_history.h"

namespace cassette::projections {

class RocksHistoryWriter : public ModelWriter {
 public:
  // A history that was never written is prepared for `partitions`. Failures: Unsupported when it is
  // of another schema, Mismatch when it is for another number of partitions.
  static Stored<std::unique_ptr<RocksHistoryWriter>> open(std::shared_ptr<RocksHistory> history,
                                                          std::uint32_t partitions);

  std::vector<ModelPoint> points() const override { return points_; }
  Stored<Done> fold(const eventstore::StoredCommit& commit) override;
  Stored<Done> write() override;

 private:
  explicit RocksHistoryWriter(std::shared_ptr<RocksHistory> history);
  void put_versions(std::uint64_t commit);

  std::shared_ptr<RocksHistory> history_;
  std::vector<ModelPoint> points_;  // written
  std::vector<ModelPoint> folded_;  // in memory
  std::optional<StoreError> failure_;
  NoTimeline timeline_;
  HistoryTables tables_;
  rocksdb::WriteBatch batch_;
  std::string buffer_;
};

}  // namespace cassette::projections
