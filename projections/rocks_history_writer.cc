// Folds into tables, and puts what each commit changed into the batch.
#include "projections/rocks_history_writer.h"

#include <fmt/format.h>

#include <limits>

#include "domain/check.h"
#include "projections/fold.h"

namespace cassette::projections {
namespace {

constexpr std::uint64_t kLatest = std::numeric_limits<std::uint64_t>::max();

// The last version written. What is in a batch yet is never forgotten by the tables.
LoadVersion load_latest(const RocksHistory& history) {
  return [&history](Model model, const std::string& key) -> std::optional<std::string> {
    auto value = history.version_at(model, key, kLatest);
    if (!value) throw UnreadableVersion{std::move(value).error()};
    if (!value.value()) return std::nullopt;
    return std::string(body_of(*value.value()));
  };
}

}  // namespace

RocksHistoryWriter::RocksHistoryWriter(std::shared_ptr<RocksHistory> history)
    : history_(std::move(history)), tables_(load_latest(*history_), timeline_) {}

Stored<std::unique_ptr<RocksHistoryWriter>> RocksHistoryWriter::open(
    std::shared_ptr<RocksHistory> history, std::uint32_t partitions) {
  std::unique_ptr<RocksHistoryWriter> writer(new RocksHistoryWriter(std::move(history)));
  RocksHistory& mine = *writer->history_;
  auto meta = mine.meta();
  if (!meta) return Failure{std::move(meta).error()};
  if (!meta.value()) {
    rocksdb::WriteBatch batch;
    mine.put_meta(batch, {kHistorySchema, partitions});
    const Stored<Done> written = mine.write(batch);
    if (!written) return Failure{written.error()};
  } else if (meta.value()->schema != kHistorySchema) {
    return Failure{StoreError{StoreError::Kind::Unsupported,
                              fmt::format("the history {} is of schema {}, not {}", mine.path(),
                                          meta.value()->schema, kHistorySchema)}};
  } else if (meta.value()->partitions != partitions) {
    return Failure{StoreError{StoreError::Kind::Mismatch,
                              fmt::format("the history {} is of {} partitions, not {}", mine.path(),
                                          meta.value()->partitions, partitions)}};
  }
  auto points = mine.points(partitions);
  if (!points) return Failure{std::move(points).error()};
  writer->points_ = writer->folded_ = std::move(points).value();
  return writer;
}

Stored<Done> RocksHistoryWriter::fold(const eventstore::StoredCommit& commit) {
  if (failure_) return Failure{*failure_};
  CHECK(commit.position.partition < folded_.size());
  ModelPoint& point = folded_[commit.position.partition];
  if (commit.position.commit <= point.commit) return Done{};
  if (commit.commit.prev != point.hash) {
    return Failure{
        StoreError{StoreError::Kind::Mismatch,
                   fmt::format("commit {} does not follow {}:{}, which the history {} stands at",
                               eventstore::format(commit.position), commit.position.partition,
                               point.commit, history_->path())}};
  }
  try {
    projections::fold(tables_.documents(), commit);
  } catch (const UnreadableVersion& unreadable) {
    failure_ = unreadable.error;
    return Failure{*failure_};
  }
  put_versions(commit.position.commit);
  history_->put_time(batch_, commit.position.partition, commit.commit.at, commit.position.commit);
  point = {commit.position.commit, commit.hash, commit.commit.at};
  return Done{};
}

void RocksHistoryWriter::put_versions(std::uint64_t commit) {
  tables_.for_each([&](Model model, auto& table) {
    table.take_changed([&](const std::string& key, const auto& document) {
      buffer_.clear();
      append_version(buffer_, version_of(document));
      eventstore::write_json(buffer_, document);
      history_->put_version(batch_, model, key, commit, buffer_);
    });
  });
}

Stored<Done> RocksHistoryWriter::write() {
  if (failure_) return Failure{*failure_};
  for (std::uint32_t p = 0; p < folded_.size(); ++p) {
    if (folded_[p] != points_[p]) history_->put_point(batch_, p, folded_[p]);
  }
  const Stored<Done> written = history_->write(batch_);
  if (!written) return written;
  tables_.for_each([](Model, auto& table) { table.forget(); });
  points_ = folded_;
  batch_.Clear();
  return Done{};
}

}  // namespace cassette::projections
