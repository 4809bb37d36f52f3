// RocksWriter: folds commits into one generation's RocksDB. Documents, indexes, timeline and points
// of a batch go in one write, or none of them does.
#pragma once

#include <atomic>
#include <memory>

#include "projections/change_listener.h"
#include "projections/model_writer.h"
#include "projections/rocks_database.h"
#include "projections/rocks_table.h"
#include "projections/timeline_group.h"

namespace cassette::projections {

class RocksWriter : public ModelWriter {
 public:
  // A database that was never written is prepared for `partitions`. Failures: Unsupported when it
  // is of another schema, Mismatch when it is for another number of partitions.
  static Stored<std::unique_ptr<RocksWriter>> open(std::shared_ptr<RocksDatabase> database,
                                                   std::uint32_t partitions);

  std::vector<ModelPoint> points() const override { return points_; }
  Stored<Done> fold(const eventstore::StoredCommit& commit) override;
  Stored<Done> write() override;

  // `listener` is told of each batch once it is written, while `telling` holds. Before the first
  // fold; null: nobody is. Both outlive the writer.
  void tell(ChangeListener* listener, std::shared_ptr<const std::atomic<bool>> telling);

 private:
  // Entries are never read by a fold, so they go into the batch a group at a time.
  class TimelineBatch : public Timeline {
   public:
    explicit TimelineBatch(RocksWriter& writer) : writer_(writer) {}
    void add(TimelineEntry entry) override;
    // A commit ends: no group goes on in the next one.
    void flush();

   private:
    RocksWriter& writer_;
    TimelineGroup group_;
  };

  explicit RocksWriter(std::shared_ptr<RocksDatabase> database);
  Stored<Done> check(const eventstore::StoredCommit& commit) const;
  void for_each_table(auto&& visit);
  void put_index_changes();
  void tell_changes();

  std::shared_ptr<RocksDatabase> database_;
  std::vector<ModelPoint> points_;  // written
  std::vector<ModelPoint> folded_;  // in memory
  std::optional<StoreError> failure_;
  ChangeListener* listener_ = nullptr;
  std::shared_ptr<const std::atomic<bool>> telling_;
  RocksTable<VendorDocument> vendors_;
  RocksTable<ProductDocument> products_;
  RocksTable<StockDocument> stock_;
  RocksTable<OrderDocument> orders_;
  RocksTable<VendorOrderDocument> vendor_orders_;
  RocksTable<CustomerDocument> customers_;
  RocksTable<TallyDocument> tallies_;
  TimelineBatch timeline_;
  Documents documents_;
  rocksdb::WriteBatch batch_;
  IndexChanges index_changes_;  // of the batch, not in it yet
  std::string buffer_;
};

}  // namespace cassette::projections
