// The read models' RocksDB: its options with their reasons, and its statuses as StoreErrors.
#include "projections/rocks_database.h"

#include <fmt/format.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include <filesystem>

#include "domain/check.h"
#include "eventstore/disk_room.h"

namespace cassette::projections {
namespace {

constexpr std::size_t kMemtableBytes = 32 << 20;
// Of all families together; a start after a crash replays what the log holds, and a secondary holds
// it in memory.
constexpr std::size_t kLogBytes = 64 << 20;
constexpr double kBloomBitsPerKey = 10;  // one miss in a hundred reads a block
// Documents come and go from a status: where half of a window is tombstones it is compacted, so
// that a page of the newest Pending orders does not walk over all that were Pending once.
constexpr std::size_t kTombstoneWindow = 1024;
constexpr std::size_t kTombstoneTrigger = 512;
constexpr std::size_t kReadaheadBytes = 1 << 20;

rocksdb::DBOptions database_options() {
  rocksdb::DBOptions options;
  options.max_total_wal_size = kLogBytes;
  options.db_write_buffer_size = kLogBytes;  // memtables of all families, in memory
  options.max_background_jobs = 2;
  options.keep_log_file_num = 3;
  options.info_log_level = rocksdb::WARN_LEVEL;
  return options;
}

rocksdb::DBOptions primary_options() {
  rocksdb::DBOptions options = database_options();
  options.create_if_missing = true;
  options.create_missing_column_families = true;  // a crash while it was created
  return options;
}

rocksdb::DBOptions secondary_options() {
  rocksdb::DBOptions options = database_options();
  options.max_open_files = -1;  // a secondary keeps open what the primary may delete meanwhile
  // It looks several times a second, and would start threads for each family that has changed.
  options.max_file_opening_threads = 1;
  return options;
}

// No prefix extractor: an index is read by ranges with an upper bound, which costs no more, and a
// bloom filter of prefixes only helps where most prefixes are absent.
rocksdb::ColumnFamilyOptions family_options(Family family,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.format_version = 5;  // the fast filters
  // Filters and indexes are taken from the cache's bytes, so that these bound all of it. Whole,
  // those of a large file are more than a part of the cache takes, and each read would decompress
  // them anew; in partitions they come and go as other blocks do.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.pin_top_level_index_and_filter = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = kMemtableBytes;
  options.compression = rocksdb::kLZ4Compression;
  options.memtable_whole_key_filtering = true;  // a miss need not search the memtable either
  options.memtable_prefix_bloom_size_ratio = 0.02;
  if (family == Family::Timeline) {
    options.bottommost_compression = rocksdb::kZSTD;  // the largest, and rarely read
  }
  if (family == Family::Lists || family == Family::Terms) {
    options.table_properties_collector_factories.push_back(
        rocksdb::NewCompactOnDeletionCollectorFactory(kTombstoneWindow, kTombstoneTrigger));
  }
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> descriptors(std::size_t cache_bytes) {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> all;
  for (std::size_t i = 0; i < kFamilyCount; ++i) {
    const auto family = static_cast<Family>(i);
    all.emplace_back(std::string(name_of(family)), family_options(family, cache));
  }
  all.emplace_back(rocksdb::kDefaultColumnFamilyName, family_options(Family::Meta, cache));
  return all;
}

StoreError::Kind kind_of(const rocksdb::Status& status) {
  if (status.IsNoSpace()) return StoreError::Kind::Full;
  if (status.IsCorruption() || status.IsInvalidArgument()) return StoreError::Kind::Corrupt;
  return StoreError::Kind::Unavailable;
}

}  // namespace

Stored<std::unique_ptr<RocksDatabase>> RocksDatabase::open_primary(const std::string& path,
                                                                   std::size_t cache_bytes) {
  std::unique_ptr<RocksDatabase> made(new RocksDatabase(path));
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return made->failure(rocksdb::Status::IOError(error.message()));
  rocksdb::DB* database = nullptr;
  Handles handles;
  const rocksdb::Status status =
      rocksdb::DB::Open(primary_options(), path, descriptors(cache_bytes), &handles, &database);
  made->own(database, handles);
  if (!status.ok()) return made->failure(status);
  return made;
}

Stored<std::unique_ptr<RocksDatabase>> RocksDatabase::open_secondary(const std::string& path,
                                                                     const std::string& scratch,
                                                                     std::size_t cache_bytes) {
  std::unique_ptr<RocksDatabase> made(new RocksDatabase(path));
  made->secondary_ = true;
  rocksdb::DB* database = nullptr;
  Handles handles;
  const rocksdb::Status status = rocksdb::DB::OpenAsSecondary(
      secondary_options(), path, scratch, descriptors(cache_bytes), &handles, &database);
  made->own(database, handles);
  if (!status.ok()) return made->failure(status);
  return made;
}

// What is flushed now, no start has to replay: a start is waited for, a stop is not.
RocksDatabase::~RocksDatabase() {
  if (secondary_ || database_ == nullptr) return;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  for (const auto& each : handles_) families.push_back(each.get());
  // Best effort: what isn't flushed is in the write-ahead log. RocksDB may abort on a full disk.
  if (write_failed_ || !eventstore::has_disk_room(path_, 2 * kLogBytes)) return;
  (void)database_->Flush(rocksdb::FlushOptions(), families);
}

void RocksDatabase::own(rocksdb::DB* database, const Handles& handles) {
  database_.reset(database);
  for (rocksdb::ColumnFamilyHandle* each : handles) handles_.emplace_back(each);
}

// ---- views

RocksDatabase::View::View(const RocksDatabase& database) : database_(database) {
  if (!database.secondary_) options_.snapshot = database.database_->GetSnapshot();
}

RocksDatabase::View::~View() {
  if (options_.snapshot != nullptr) database_.database_->ReleaseSnapshot(options_.snapshot);
}

Stored<std::optional<std::string>> RocksDatabase::View::get(Family family,
                                                            std::string_view key) const {
  std::string value;
  const rocksdb::Status status =
      database_.database_->Get(options_, database_.handle(family), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return database_.failure(status);
  return std::optional<std::string>(std::move(value));
}

Stored<bool> RocksDatabase::View::contains(Family family, std::string_view key) const {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status =
      database_.database_->Get(options_, database_.handle(family), slice(key), &value);
  if (!status.ok() && !status.IsNotFound()) return database_.failure(status);
  return status.ok();
}

std::unique_ptr<rocksdb::Iterator> RocksDatabase::View::iterate(Family family,
                                                                const rocksdb::Slice* lower,
                                                                const rocksdb::Slice* upper) const {
  rocksdb::ReadOptions options = options_;
  options.iterate_lower_bound = lower;
  options.iterate_upper_bound = upper;
  return std::unique_ptr<rocksdb::Iterator>(
      database_.database_->NewIterator(options, database_.handle(family)));
}

// ---- reads and writes

Stored<std::optional<std::string>> RocksDatabase::get(Family family, std::string_view key) const {
  std::string value;
  const rocksdb::Status status =
      database_->Get(rocksdb::ReadOptions(), handle(family), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return failure(status);
  return std::optional<std::string>(std::move(value));
}

Stored<std::vector<std::optional<std::string>>> RocksDatabase::get_many(
    Family family, std::span<const std::string> keys) const {
  const std::vector<rocksdb::ColumnFamilyHandle*> families(keys.size(), handle(family));
  const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<std::string> values;
  const std::vector<rocksdb::Status> statuses =
      database_->MultiGet(rocksdb::ReadOptions(), families, slices, &values);
  std::vector<std::optional<std::string>> found(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].ok()) found[i] = std::move(values[i]);
    if (!statuses[i].ok() && !statuses[i].IsNotFound()) return failure(statuses[i]);
  }
  return found;
}

std::unique_ptr<rocksdb::Iterator> RocksDatabase::scan(Family family) const {
  rocksdb::ReadOptions options;
  options.readahead_size = kReadaheadBytes;
  options.fill_cache = false;  // read once
  return std::unique_ptr<rocksdb::Iterator>(database_->NewIterator(options, handle(family)));
}

Stored<Done> RocksDatabase::for_each(Family family, const Visit& visit) const {
  const std::unique_ptr<rocksdb::Iterator> each = scan(family);
  for (each->SeekToFirst(); each->Valid(); each->Next()) {
    if (!visit(each->key().ToStringView(), each->value().ToStringView())) break;
  }
  if (!each->status().ok()) return failure(each->status());
  return Done{};
}

Stored<Done> RocksDatabase::write(rocksdb::WriteBatch& batch) {
  if (!eventstore::has_disk_room(path_, 2 * batch.GetDataSize())) {
    return Failure{StoreError{StoreError::Kind::Full, "the disk of " + path_ + " is full"}};
  }
  if (write_failed_) {
    // RocksDB refuses writes after one failed until it is told that there may be room again.
    const rocksdb::Status resumed = database_->Resume();
    if (!resumed.ok()) return failure(resumed);
    write_failed_ = false;
  }
  rocksdb::WriteOptions options;
  options.sync = false;        // what a power cut takes is folded again from the ledger
  options.disableWAL = false;  // secondaries read the log
  const rocksdb::Status status = database_->Write(options, &batch);
  if (status.ok()) return Done{};
  write_failed_ = true;
  return failure(status);
}

rocksdb::ColumnFamilyHandle* RocksDatabase::handle(Family family) const {
  return handles_[static_cast<std::size_t>(family)].get();
}

Stored<Done> RocksDatabase::catch_up() {
  CHECK(secondary_);
  const rocksdb::Status status = database_->TryCatchUpWithPrimary();
  if (!status.ok()) return failure(status);
  return Done{};
}

Failure<StoreError> RocksDatabase::failure(const rocksdb::Status& status) const {
  return Failure{
      StoreError{kind_of(status), fmt::format("the read models {}: {}", path_, status.ToString())}};
}

Failure<StoreError> RocksDatabase::corrupt(std::string_view what) const {
  return Failure{
      StoreError{StoreError::Kind::Corrupt, fmt::format("the read models {}: {}", path_, what)}};
}

}  // namespace cassette::projections
