// The history's RocksDB: its options with their reasons, and its keys.
#include "projections/rocks_history.h"

#include <fmt/format.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <array>
#include <filesystem>

#include "domain/check.h"
#include "eventstore/disk_room.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"
#include "projections/history.h"

namespace cassette::projections {
namespace {

constexpr std::size_t kMemtableBytes = 32 << 20;
// Of all families together: what a start after a crash replays.
constexpr std::size_t kLogBytes = 96 << 20;
// Of blocks, indexes and filters. A moment is asked for now and then.
constexpr std::size_t kCacheBytes = 32 << 20;
// Versions of one document lie beside each other and differ little: a block this large compresses
// to a small part of it, and takes a tenth of a millisecond to open. Bytes.
constexpr std::size_t kBlockBytes = 32 << 10;

constexpr std::array<std::string_view, 8> kFamilies{"vendors",       "products",  "stock", "orders",
                                                    "vendor_orders", "customers", "times", "meta"};
constexpr std::size_t kTimes = 6;
constexpr std::size_t kMeta = 7;
constexpr std::string_view kMetaKey = "history";
constexpr char kEndOfKey = '\0';

std::size_t family_of(Model model) {
  switch (model) {
    case Model::Vendors:
      return 0;
    case Model::Products:
      return 1;
    case Model::Stock:
      return 2;
    case Model::Orders:
      return 3;
    case Model::VendorOrders:
      return 4;
    case Model::Customers:
      return 5;
    case Model::OrdersByCustomer:
    case Model::Timeline:
    case Model::Tallies:
      break;
  }
  CHECK(has_history(model));
  return 0;
}

rocksdb::DBOptions database_options() {
  rocksdb::DBOptions options;
  options.max_total_wal_size = kLogBytes;
  options.db_write_buffer_size = kLogBytes;
  options.max_background_jobs = 2;
  options.keep_log_file_num = 3;
  options.info_log_level = rocksdb::WARN_LEVEL;
  return options;
}

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = kBlockBytes;
  table.format_version = 5;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = kMemtableBytes;
  // Written once and never changed: merging runs of like size rewrites a version a few times, where
  // levels would do it ten times.
  options.compaction_style = rocksdb::kCompactionStyleUniversal;
  options.compression = rocksdb::kLZ4Compression;
  options.bottommost_compression = rocksdb::kZSTD;
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> descriptors() {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(kCacheBytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> all;
  for (const std::string_view name : kFamilies) {
    all.emplace_back(std::string(name), family_options(cache));
  }
  all.emplace_back(rocksdb::kDefaultColumnFamilyName, family_options(cache));
  return all;
}

StoreError::Kind kind_of(const rocksdb::Status& status) {
  if (status.IsNoSpace()) return StoreError::Kind::Full;
  if (status.IsCorruption() || status.IsInvalidArgument()) return StoreError::Kind::Corrupt;
  return StoreError::Kind::Unavailable;
}

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

// Of the eight bytes that `key` ends with.
std::uint64_t commit_in(const rocksdb::Slice& key) {
  constexpr std::size_t kBytes = 8;
  std::uint64_t commit = 0;
  for (std::size_t i = key.size() - kBytes; i < key.size(); ++i) {
    commit = commit << 8 | static_cast<unsigned char>(key[i]);
  }
  return commit;
}

std::string versions_of(std::string_view key) {
  return std::string(key) + kEndOfKey;
}

std::string version_key(std::string prefix, std::uint64_t commit) {
  append_big_endian(prefix, commit, 8);
  return prefix;
}

std::string times_of(std::uint32_t partition) {
  std::string key;
  append_big_endian(key, partition, 4);
  return key;
}

std::string time_key(std::uint32_t partition, domain::Timestamp at, std::uint64_t commit) {
  std::string key = times_of(partition);
  append_big_endian(key, static_cast<std::uint64_t>(at.micros), 8);
  append_big_endian(key, commit, 8);
  return key;
}

std::string point_key(std::uint32_t partition) {
  return fmt::format("partition/{}", partition);
}

}  // namespace

bool has_history(Model model) {
  return model != Model::OrdersByCustomer && model != Model::Timeline && model != Model::Tallies;
}

Stored<std::unique_ptr<RocksHistory>> RocksHistory::open_primary(const std::string& path) {
  std::unique_ptr<RocksHistory> made(new RocksHistory(path));
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return made->failure(rocksdb::Status::IOError(error.message()));
  rocksdb::DBOptions options = database_options();
  options.create_if_missing = true;
  options.create_missing_column_families = true;  // a crash while it was created
  rocksdb::DB* database = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const auto status = rocksdb::DB::Open(options, path, descriptors(), &handles, &database);
  made->own(database, handles);
  if (!status.ok()) return made->failure(status);
  return made;
}

Stored<std::unique_ptr<RocksHistory>> RocksHistory::open_secondary(const std::string& path,
                                                                   const std::string& scratch) {
  std::unique_ptr<RocksHistory> made(new RocksHistory(path));
  made->secondary_ = true;
  rocksdb::DBOptions options = database_options();
  options.max_open_files = -1;  // a secondary keeps open what the primary may delete meanwhile
  options.max_file_opening_threads = 1;
  rocksdb::DB* database = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const auto status =
      rocksdb::DB::OpenAsSecondary(options, path, scratch, descriptors(), &handles, &database);
  made->own(database, handles);
  // Families that are not there yet: the primary is making it.
  if (status.IsInvalidArgument())
    return made->failure(rocksdb::Status::TryAgain(status.ToString()));
  if (!status.ok()) return made->failure(status);
  return made;
}

// What is flushed now, no start has to replay. Best effort: the log has it all the same.
RocksHistory::~RocksHistory() {
  if (secondary_ || database_ == nullptr || write_failed_) return;
  if (!eventstore::has_disk_room(path_, 2 * kLogBytes)) return;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  for (const auto& each : handles_) families.push_back(each.get());
  (void)database_->Flush(rocksdb::FlushOptions(), families);
}

void RocksHistory::own(rocksdb::DB* database,
                       const std::vector<rocksdb::ColumnFamilyHandle*>& handles) {
  database_.reset(database);
  for (rocksdb::ColumnFamilyHandle* each : handles) handles_.emplace_back(each);
}

// ---- reads

Stored<std::optional<std::string>> RocksHistory::version_at(Model model, std::string_view key,
                                                            std::uint64_t commit) const {
  const std::string prefix = versions_of(key);
  const rocksdb::Slice lower(prefix);
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &lower;
  const std::unique_ptr<rocksdb::Iterator> each(
      database_->NewIterator(options, handle(family_of(model))));
  each->SeekForPrev(version_key(prefix, commit));
  if (!each->status().ok()) return failure(each->status());
  if (!each->Valid()) return std::optional<std::string>();
  return std::optional(each->value().ToString());
}

Stored<std::vector<std::uint64_t>> RocksHistory::changes(Model model, std::string_view key,
                                                         std::uint64_t after,
                                                         std::uint64_t until) const {
  std::vector<std::uint64_t> commits;
  if (until <= after) return commits;
  const std::string first = version_key(versions_of(key), after + 1);
  const std::string last = version_key(versions_of(key), until);
  const std::unique_ptr<rocksdb::Iterator> each(
      database_->NewIterator(rocksdb::ReadOptions(), handle(family_of(model))));
  for (each->Seek(first); each->Valid() && each->key().compare(last) <= 0; each->Next()) {
    commits.push_back(commit_in(each->key()));
  }
  if (!each->status().ok()) return failure(each->status());
  return commits;
}

Stored<std::uint64_t> RocksHistory::last_commit_at(std::uint32_t partition,
                                                   domain::Timestamp at) const {
  const std::string prefix = times_of(partition);
  const rocksdb::Slice lower(prefix);
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &lower;
  const std::unique_ptr<rocksdb::Iterator> each(database_->NewIterator(options, handle(kTimes)));
  each->SeekForPrev(time_key(partition, at, std::numeric_limits<std::uint64_t>::max()));
  if (!each->status().ok()) return failure(each->status());
  return each->Valid() ? commit_in(each->key()) : 0;
}

Stored<std::optional<std::string>> RocksHistory::get_meta(std::string_view key) const {
  std::string value;
  const auto status = database_->Get(rocksdb::ReadOptions(), handle(kMeta), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return failure(status);
  return std::optional(std::move(value));
}

Stored<std::optional<ModelsMeta>> RocksHistory::meta() const {
  auto value = get_meta(kMetaKey);
  if (!value) return Failure{std::move(value).error()};
  if (!value.value()) return std::optional<ModelsMeta>();
  ModelsMeta meta;
  if (!eventstore::read_json(*value.value(), meta)) return corrupt("unreadable meta");
  return std::optional(meta);
}

Stored<std::vector<ModelPoint>> RocksHistory::points(std::uint32_t partitions) const {
  std::vector<ModelPoint> points(partitions);
  for (std::uint32_t p = 0; p < partitions; ++p) {
    auto value = get_meta(point_key(p));
    if (!value) return Failure{std::move(value).error()};
    if (value.value() && !eventstore::read_json(*value.value(), points[p])) {
      return corrupt(fmt::format("unreadable point of partition {}", p));
    }
  }
  return points;
}

// ---- writes

void RocksHistory::put_version(rocksdb::WriteBatch& batch, Model model, std::string_view key,
                               std::uint64_t commit, std::string_view value) {
  key_.assign(key);
  key_.push_back(kEndOfKey);
  append_big_endian(key_, commit, 8);
  CHECK(batch.Put(handle(family_of(model)), key_, slice(value)).ok());
}

void RocksHistory::put_time(rocksdb::WriteBatch& batch, std::uint32_t partition,
                            domain::Timestamp at, std::uint64_t commit) {
  CHECK(batch.Put(handle(kTimes), time_key(partition, at, commit), rocksdb::Slice()).ok());
}

void RocksHistory::put_meta(rocksdb::WriteBatch& batch, std::string_view key,
                            const std::string& value) {
  CHECK(batch.Put(handle(kMeta), slice(key), value).ok());
}

void RocksHistory::put_meta(rocksdb::WriteBatch& batch, const ModelsMeta& meta) {
  put_meta(batch, kMetaKey, eventstore::to_json(meta));
}

void RocksHistory::put_point(rocksdb::WriteBatch& batch, std::uint32_t partition,
                             const ModelPoint& point) {
  put_meta(batch, point_key(partition), eventstore::to_json(point));
}

Stored<Done> RocksHistory::write(rocksdb::WriteBatch& batch) {
  if (!eventstore::has_disk_room(path_, 2 * batch.GetDataSize())) {
    return Failure{StoreError{StoreError::Kind::Full, "the disk of " + path_ + " is full"}};
  }
  if (write_failed_) {
    // RocksDB refuses writes after one failed until it is told that there may be room again.
    const rocksdb::Status resumed = database_->Resume();
    if (!resumed.ok()) return failure(resumed);
    write_failed_ = false;
  }
  const rocksdb::Status status = database_->Write(rocksdb::WriteOptions(), &batch);
  if (status.ok()) return Done{};
  write_failed_ = true;
  return failure(status);
}

Stored<Done> RocksHistory::catch_up() {
  CHECK(secondary_);
  const rocksdb::Status status = database_->TryCatchUpWithPrimary();
  if (!status.ok()) return failure(status);
  return Done{};
}

Failure<StoreError> RocksHistory::failure(const rocksdb::Status& status) const {
  return Failure{
      StoreError{kind_of(status), fmt::format("the history {}: {}", path_, status.ToString())}};
}

Failure<StoreError> RocksHistory::corrupt(std::string_view what) const {
  return Failure{
      StoreError{StoreError::Kind::Corrupt, fmt::format("the history {}: {}", path_, what)}};
}

}  // namespace cassette::projections
