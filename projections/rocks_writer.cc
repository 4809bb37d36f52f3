// Folds into tables, and writes what they hold.
#include "projections/rocks_writer.h"

#include <fmt/format.h>

#include "domain/check.h"
#include "projections/fold.h"

namespace cassette::projections {

RocksWriter::RocksWriter(std::shared_ptr<RocksDatabase> database)
    : database_(std::move(database)),
      vendors_(*database_, Family::Vendors),
      products_(*database_, Family::Products),
      stock_(*database_, Family::Stock),
      orders_(*database_, Family::Orders, kCachedOrders),
      vendor_orders_(*database_, Family::VendorOrders, kCachedOrders),
      customers_(*database_, Family::Customers),
      tallies_(*database_, Family::Tallies),
      timeline_(*this),
      documents_{vendors_,       products_,  stock_,   orders_,
                 vendor_orders_, customers_, tallies_, timeline_} {}

Stored<std::unique_ptr<RocksWriter>> RocksWriter::open(std::shared_ptr<RocksDatabase> database,
                                                       std::uint32_t partitions) {
  std::unique_ptr<RocksWriter> writer(new RocksWriter(std::move(database)));
  RocksDatabase& models = *writer->database_;
  auto meta = read_meta(models);
  if (!meta) return Failure{std::move(meta).error()};
  if (!meta.value()) {
    rocksdb::WriteBatch batch;
    put_meta(models, batch, {kSchemaVersion, partitions});
    const Stored<Done> written = models.write(batch);
    if (!written) return Failure{written.error()};
  } else if (meta.value()->schema != kSchemaVersion) {
    return Failure{
        StoreError{StoreError::Kind::Unsupported,
                   fmt::format("the read models {} are of schema {}, not {}: they must be rebuilt",
                               models.path(), meta.value()->schema, kSchemaVersion)}};
  } else if (meta.value()->partitions != partitions) {
    return Failure{StoreError{StoreError::Kind::Mismatch,
                              fmt::format("the read models {} are of {} partitions, not {}",
                                          models.path(), meta.value()->partitions, partitions)}};
  }
  auto points = read_points(models, partitions);
  if (!points) return Failure{std::move(points).error()};
  writer->points_ = writer->folded_ = std::move(points).value();
  return writer;
}

Stored<Done> RocksWriter::check(const eventstore::StoredCommit& commit) const {
  const Position& position = commit.position;
  CHECK(position.partition < folded_.size());
  const ModelPoint& last = folded_[position.partition];
  if (commit.commit.prev == last.hash) return Done{};
  return Failure{
      StoreError{StoreError::Kind::Mismatch,
                 fmt::format("commit {} does not follow {}:{}, which the read models {} stand at",
                             eventstore::format(position), position.partition, last.commit,
                             database_->path())}};
}

Stored<Done> RocksWriter::fold(const eventstore::StoredCommit& commit) {
  if (failure_) return Failure{*failure_};
  CHECK(commit.position.partition < folded_.size());
  ModelPoint& point = folded_[commit.position.partition];
  if (commit.position.commit <= point.commit) return Done{};
  const Stored<Done> follows = check(commit);
  if (!follows) return follows;
  try {
    projections::fold(documents_, commit);
    timeline_.flush();
  } catch (const UnreadableDocument& unreadable) {
    failure_ = unreadable.error;
    return Failure{*failure_};
  }
  point = {commit.position.commit, commit.hash, commit.commit.at};
  return Done{};
}

void RocksWriter::TimelineBatch::add(TimelineEntry entry) {
  if (!group_.takes(entry)) flush();
  group_.add(std::move(entry));
}

void RocksWriter::TimelineBatch::flush() {
  if (group_.empty()) return;
  const RocksDatabase& database = *writer_.database_;
  std::string& value = writer_.buffer_;
  value.clear();
  append_version(value, 1);  // an event never changes
  group_.append_value(value);
  CHECK(writer_.batch_.Put(database.handle(Family::Timeline), group_.place(), value).ok());
  for (IndexKey& key : group_.index_keys()) {
    writer_.index_changes_.push_back({std::move(key), true});
  }
  group_.clear();
}

void RocksWriter::for_each_table(auto&& visit) {
  visit(vendors_);
  visit(products_);
  visit(stock_);
  visit(orders_);
  visit(vendor_orders_);
  visit(customers_);
  visit(tallies_);
}

// In the order of keys: a memtable is searched from where the last entry went, so neighbours cost
// little. Each entry changes once in a batch.
void RocksWriter::put_index_changes() {
  std::ranges::sort(index_changes_, {}, &IndexChange::entry);
  for (const auto& [entry, added] : index_changes_) {
    rocksdb::ColumnFamilyHandle* family = database_->handle(entry.family);
    const rocksdb::Status put =
        added ? batch_.Put(family, entry.key, rocksdb::Slice()) : batch_.Delete(family, entry.key);
    CHECK(put.ok());
  }
  index_changes_.clear();
}

void RocksWriter::tell(ChangeListener* listener, std::shared_ptr<const std::atomic<bool>> telling) {
  listener_ = listener;
  telling_ = std::move(telling);
}

void RocksWriter::tell_changes() {
  if (listener_ == nullptr || !*telling_) return;
  std::vector<ChangedDocument> changed;
  const auto add = [&](Model model, const auto& table) {
    if (listener_->wants(model)) table.append_changed(model, changed);
  };
  add(Model::Vendors, vendors_);
  add(Model::Products, products_);
  add(Model::Stock, stock_);
  add(Model::Orders, orders_);
  add(Model::VendorOrders, vendor_orders_);
  add(Model::Customers, customers_);
  if (!changed.empty()) listener_->changed(changed);
}

Stored<Done> RocksWriter::write() {
  if (failure_) return Failure{*failure_};
  for_each_table([this](auto& table) { table.put_into(batch_, index_changes_); });
  put_index_changes();
  for (std::uint32_t p = 0; p < folded_.size(); ++p) {
    if (folded_[p] != points_[p]) put_point(*database_, batch_, p, folded_[p]);
  }
  const Stored<Done> written = database_->write(batch_);
  if (!written) return written;
  tell_changes();
  for_each_table([](auto& table) { table.written(); });
  points_ = folded_;
  batch_.Clear();
  return Done{};
}

}  // namespace cassette::projections
