// The archive's RocksDB: its options with their reasons, and its statuses as StoreErrors.
#include "eventstore/rocks_families.h"

#include <fmt/format.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include <algorithm>
#include <filesystem>

#include "eventstore/disk_room.h"

namespace cassette::eventstore {
namespace {

constexpr std::size_t kMemtableBytes = 16 << 20;
// Of all families together: what a start reads back from the write-ahead log, in about half a
// second.
constexpr std::size_t kLogBytes = 32 << 20;
constexpr double kBloomBitsPerKey = 10;  // one miss in a hundred reads a block
// A family whose keys come and go is compacted where half of a window is tombstones, so that a
// start does not walk over the orders of last week.
constexpr std::size_t kTombstoneWindow = 1024;
constexpr std::size_t kTombstoneTrigger = 512;
constexpr std::uint64_t kRewriteSeconds = 24 * 3600;  // the age at which commands are looked at
constexpr std::size_t kReadaheadBytes = 1 << 20;

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

rocksdb::DBOptions database_options() {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;  // a crash while it was created
  options.max_total_wal_size = kLogBytes;
  options.db_write_buffer_size = kLogBytes;  // memtables of all families, in memory
  options.max_background_jobs = 2;
  options.keep_log_file_num = 3;
  options.info_log_level = rocksdb::WARN_LEVEL;
  return options;
}

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.format_version = 5;  // the fast filters
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = kMemtableBytes;
  options.memtable_whole_key_filtering = true;  // a miss need not search the memtable either
  options.memtable_prefix_bloom_size_ratio = 0.02;
  options.compression = rocksdb::kLZ4Compression;
  return options;
}

rocksdb::ColumnFamilyOptions options_of(Family family, const std::shared_ptr<rocksdb::Cache>& cache,
                                        const OldCommandFilter& filter) {
  rocksdb::ColumnFamilyOptions options = family_options(cache);
  if (family == Family::AwakeOrders || family == Family::AwakeSubOrders ||
      family == Family::Holders) {
    options.table_properties_collector_factories.push_back(
        rocksdb::NewCompactOnDeletionCollectorFactory(kTombstoneWindow, kTombstoneTrigger));
  }
  if (family == Family::Commands) {
    options.compaction_filter = &filter;
    options.periodic_compaction_seconds = kRewriteSeconds;
  }
  return options;
}

// What keeps `path` from being opened as an archive; empty when nothing does.
std::string objection_to(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return "";
  if (!std::filesystem::is_directory(path, error)) return "it is no folder";
  if (std::filesystem::is_empty(path, error)) return "";
  if (!std::filesystem::exists(path + "/CURRENT", error)) {
    // A crash while it was created leaves the lock and the log alone.
    const bool begun = std::filesystem::exists(path + "/LOCK", error);
    return begun ? "" : "it holds something else";
  }
  std::vector<std::string> families;
  const rocksdb::Status status =
      rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions(), path, &families);
  if (!status.ok()) return status.ToString();
  for (const std::string& name : families) {
    if (name != rocksdb::kDefaultColumnFamilyName && !enum_named<Family>(name)) {
      return fmt::format("it holds something else, with a column family '{}'", name);
    }
  }
  return "";
}

StoreError::Kind kind_of(const rocksdb::Status& status) {
  if (status.IsNoSpace()) return StoreError::Kind::Full;
  if (status.IsCorruption() || status.IsInvalidArgument()) return StoreError::Kind::Corrupt;
  return StoreError::Kind::Unavailable;
}

}  // namespace

Stored<std::unique_ptr<RocksFamilies>> RocksFamilies::open(const std::string& path,
                                                           std::size_t cache_bytes) {
  std::unique_ptr<RocksFamilies> families(new RocksFamilies(path));
  const std::string objection = objection_to(path);
  if (!objection.empty()) return families->corrupt(objection);
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return families->failure(StoreError::Kind::Unavailable, "can't be made: " + error.message());
  }
  const rocksdb::Status status = families->open_database(cache_bytes);
  if (!status.ok()) return families->failure(status);
  return families;
}

rocksdb::Status RocksFamilies::open_database(std::size_t cache_bytes) {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (std::size_t i = 0; i < kFamilyCount; ++i) {
    const auto family = static_cast<Family>(i);
    descriptors.emplace_back(std::string(name_of(family)),
                             options_of(family, cache, command_filter_));
  }
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName, family_options(cache));
  rocksdb::DB* database = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status status =
      rocksdb::DB::Open(database_options(), path_, descriptors, &handles, &database);
  database_.reset(database);
  for (rocksdb::ColumnFamilyHandle* each : handles) handles_.emplace_back(each);
  return status;
}

// What is flushed now, no start has to replay. Best effort: what isn't is in the write-ahead log.
RocksFamilies::~RocksFamilies() {
  if (database_ == nullptr || write_failed_ || !has_disk_room(path_, 2 * kLogBytes)) return;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  for (const auto& each : handles_) families.push_back(each.get());
  (void)database_->Flush(rocksdb::FlushOptions(), families);
}

Stored<std::optional<std::string>> RocksFamilies::get(Family family, std::string_view key) const {
  std::string value;
  const rocksdb::Status status =
      database_->Get(rocksdb::ReadOptions(), handle(family), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return failure(status);
  return std::optional<std::string>(std::move(value));
}

Stored<Done> RocksFamilies::for_each(Family family, const Visit& visit) const {
  rocksdb::ReadOptions options;
  options.readahead_size = kReadaheadBytes;
  options.fill_cache = false;  // read once
  const std::unique_ptr<rocksdb::Iterator> each(database_->NewIterator(options, handle(family)));
  for (each->SeekToFirst(); each->Valid(); each->Next()) {
    const Stored<Done> visited = visit(each->key().ToStringView(), each->value().ToStringView());
    if (!visited) return visited;
  }
  if (!each->status().ok()) return failure(each->status());
  return Done{};
}

Stored<Done> RocksFamilies::for_each_key(Family family, std::string_view prefix,
                                         const VisitKey& visit) const {
  const std::unique_ptr<rocksdb::Iterator> each(
      database_->NewIterator(rocksdb::ReadOptions(), handle(family)));
  for (each->Seek(slice(prefix)); each->Valid(); each->Next()) {
    const std::string_view key = each->key().ToStringView();
    if (!key.starts_with(prefix) || !visit(key)) break;
  }
  if (!each->status().ok()) return failure(each->status());
  return Done{};
}

Stored<Done> RocksFamilies::write(rocksdb::WriteBatch& batch) {
  if (!has_disk_room(path_, 2 * batch.GetDataSize())) {
    return failure(StoreError::Kind::Full, "its disk is full");
  }
  if (write_failed_) {
    // RocksDB refuses writes after one failed until it is told that there may be room again.
    const rocksdb::Status resumed = database_->Resume();
    if (!resumed.ok()) return failure(resumed);
    write_failed_ = false;
  }
  rocksdb::WriteOptions options;
  options.sync = false;  // what a power cut takes is folded again from the ledger
  const rocksdb::Status status = database_->Write(options, &batch);
  if (status.ok()) return Done{};
  write_failed_ = true;
  return failure(status);
}

void RocksFamilies::put(rocksdb::WriteBatch& batch, Family family, std::string_view key,
                        std::string_view value) {
  CHECK(batch.Put(handle(family), slice(key), slice(value)).ok());
}

void RocksFamilies::remove(rocksdb::WriteBatch& batch, Family family, std::string_view key) {
  CHECK(batch.Delete(handle(family), slice(key)).ok());
}

Stored<Done> RocksFamilies::compact(Family family) {
  rocksdb::CompactRangeOptions options;
  // Else the last level, where old commands rest, stays as it is.
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  const rocksdb::Status status = database_->CompactRange(options, handle(family), nullptr, nullptr);
  if (!status.ok()) return failure(status);
  return Done{};
}

Failure<StoreError> RocksFamilies::failure(StoreError::Kind kind, std::string_view what) const {
  return Failure{StoreError{kind, fmt::format("the archive {}: {}", path_, what)}};
}

rocksdb::ColumnFamilyHandle* RocksFamilies::handle(Family family) const {
  return handles_[static_cast<std::size_t>(family)].get();
}

Failure<StoreError> RocksFamilies::failure(const rocksdb::Status& status) const {
  return failure(kind_of(status), status.ToString());
}

}  // namespace cassette::eventstore
