// MemoryModels: maps, and the writer whose process may end before it has written.
#include "tests/simulation/memory_models.h"

#include <utility>

#include <fmt/format.h>

#include "eventstore/json_write.h"
#include "projections/fold.h"

namespace cassette::sim {

using eventstore::Done;
using eventstore::Stored;
using eventstore::StoredCommit;
using eventstore::StoreError;
using projections::ModelPoint;

namespace {

template <class D>
class MapTable : public projections::Table<D> {
 public:
  explicit MapTable(std::map<std::string, D>& documents) : documents_(documents) {}

  D& at(const std::string& key) override { return documents_[key]; }
  D& make(const std::string& key) override { return documents_[key] = D{}; }

 private:
  std::map<std::string, D>& documents_;
};

class ListTimeline : public projections::Timeline {
 public:
  explicit ListTimeline(std::vector<projections::TimelineEntry>& entries) : entries_(entries) {}

  void add(projections::TimelineEntry entry) override { entries_.push_back(std::move(entry)); }

 private:
  std::vector<projections::TimelineEntry>& entries_;
};

}  // namespace

void ModelState::fold(const StoredCommit& commit) {
  MapTable vendor_table(vendors);
  MapTable product_table(products);
  MapTable stock_table(stock);
  MapTable order_table(orders);
  MapTable vendor_order_table(vendor_orders);
  MapTable customer_table(customers);
  MapTable tally_table(tallies);
  ListTimeline list(timeline);
  projections::Documents documents{vendor_table,       product_table,  stock_table, order_table,
                                   vendor_order_table, customer_table, tally_table, list};
  projections::fold(documents, commit);
  points[commit.position.partition] = {commit.position.commit, commit.hash, commit.commit.at};
}

std::map<std::string, std::string> ModelState::texts() const {
  std::map<std::string, std::string> texts;
  const auto add = [&texts](const char* model, const auto& documents) {
    for (const auto& [key, document] : documents) {
      if (projections::version_of(document) == 0) continue;
      eventstore::write_json(texts[fmt::format("{} {}", model, key)], document);
    }
  };
  add("vendor", vendors);
  add("product", products);
  add("stock", stock);
  add("order", orders);
  add("vendor order", vendor_orders);
  add("customer", customers);
  add("tally", tallies);
  for (const projections::TimelineEntry& entry : timeline) {
    texts["event " + eventstore::format(entry.ref)] = entry.body;
  }
  return texts;
}

// What was folded since the last write lies in memory only.
class MemoryModels::Writer : public projections::ModelWriter {
 public:
  Writer(MemoryModels& models, Weather& weather)
      : models_(models), weather_(weather), folded_(models.state_.points) {}

  std::vector<ModelPoint> points() const override { return models_.state_.points; }

  Stored<Done> fold(const StoredCommit& commit) override {
    ModelPoint& last = folded_[commit.position.partition];
    if (commit.position.commit <= last.commit) return Done{};
    if (commit.commit.prev != last.hash) {
      return Failure{StoreError{StoreError::Kind::Mismatch,
                                fmt::format("commit {} does not follow {} in the read models",
                                            eventstore::format(commit.position), last.commit)}};
    }
    last = {commit.position.commit, commit.hash, commit.commit.at};
    unwritten_.push_back(commit);
    return Done{};
  }

  Stored<Done> write() override {
    pass(weather_.draws().between(0, kWriteTime));
    if (weather_.strikes(weather_.plan().disk.full_models)) {
      return Failure{StoreError{StoreError::Kind::Full, "no room on the disk"}};
    }
    for (const StoredCommit& commit : std::exchange(unwritten_, {})) models_.state_.fold(commit);
    return Done{};
  }

 private:
  static constexpr Nanos kWriteTime = 5 * kMillisecond;

  MemoryModels& models_;
  Weather& weather_;
  std::vector<ModelPoint> folded_;
  std::vector<StoredCommit> unwritten_;
};

std::unique_ptr<projections::ModelWriter> MemoryModels::writer(Weather& weather) {
  return std::make_unique<Writer>(*this, weather);
}

}  // namespace cassette::sim
