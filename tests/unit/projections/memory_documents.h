// MemoryDocuments: documents in maps, to be folded into without a database. What RocksDB keeps is
// compared with it.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "projections/fold.h"
#include "tests/support/tape_maker.h"

namespace cassette::testing {

template <class D>
class MemoryTable : public projections::Table<D> {
 public:
  D& at(const std::string& key) override { return documents[key]; }
  D& make(const std::string& key) override {
    const auto [made, is_new] = documents.try_emplace(key);
    CHECK_MESSAGE(is_new, key);
    return made->second;
  }
  // Of a document that there is.
  const D& get(const std::string& key) const {
    const auto found = documents.find(key);
    REQUIRE_MESSAGE(found != documents.end(), key);
    return found->second;
  }

  std::map<std::string, D> documents;
};

class MemoryTimeline : public projections::Timeline {
 public:
  void add(projections::TimelineEntry entry) override { entries.push_back(std::move(entry)); }

  std::vector<projections::TimelineEntry> entries;
};

struct MemoryDocuments {
  MemoryTable<projections::VendorDocument> vendors;
  MemoryTable<projections::ProductDocument> products;
  MemoryTable<projections::StockDocument> stock;
  MemoryTable<projections::OrderDocument> orders;
  MemoryTable<projections::VendorOrderDocument> vendor_orders;
  MemoryTable<projections::CustomerDocument> customers;
  MemoryTable<projections::TallyDocument> tallies;
  MemoryTimeline timeline;

  void fold(const eventstore::StoredCommit& commit) {
    projections::Documents all{vendors,       products,  stock,   orders,
                               vendor_orders, customers, tallies, timeline};
    projections::fold(all, commit);
  }
  void fold_all(const TapeMaker& tape) {
    for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
      for (const eventstore::StoredCommit& commit : tape.commits(p)) fold(commit);
    }
  }
};

// Folds given events of partition 0, a commit each, a second apart.
class Story {
 public:
  Story& given(const domain::Events& events) {
    for (const domain::Event& event : events) {
      eventstore::StoredCommit stored;
      stored.position = {0, ++commit_};
      stored.commit.at = at(commit_);
      stored.commit.events.emplace_back().event = event;
      stored.commit.events.back().by = "admin";
      documents.fold(stored);
    }
    return *this;
  }

  static domain::Timestamp at(std::uint64_t commit) {
    return {1'790'000'000'000'000 + static_cast<std::int64_t>(commit) * 1'000'000};
  }

  MemoryDocuments documents;

 private:
  std::uint64_t commit_ = 0;
};

}  // namespace cassette::testing
