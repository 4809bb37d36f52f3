// RocksTable: the documents of one model as the fold sees them: written ones from RocksDB, and
// those changed since from memory. It parses and renders each once a batch, however often it
// changes.
#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/check.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"
#include "projections/change_listener.h"
#include "projections/documents.h"
#include "projections/index_keys.h"
#include "projections/rocks_database.h"
#include "projections/rocks_values.h"

namespace cassette::projections {

// Documents of one model kept parsed between batches, twice over. A stock item changes with every
// order of it; an order is large, changes a few times in its first moments, and then not for days.
inline constexpr std::size_t kCachedDocuments = 16'384;
inline constexpr std::size_t kCachedOrders = 4'096;

// A document can't be read: leaves the fold of a commit half done, and is caught by RocksWriter
// only. A fold could go on with nothing but a wrong document.
struct UnreadableDocument {
  StoreError error;
};

// An entry of an index that a batch adds or takes away.
struct IndexChange {
  IndexKey entry;
  bool added = true;
};
using IndexChanges = std::vector<IndexChange>;

// One thread uses it.
template <class D>
class RocksTable : public Table<D> {
 public:
  RocksTable(const RocksDatabase& database, Family family, std::size_t cached = kCachedDocuments)
      : database_(database), family_(family), cached_(cached) {}

  D& at(const std::string& key) override {
    if (last_ == nullptr || last_->first != key) last_ = find(key);
    return changed(*last_);
  }

  D& make(const std::string& key) override {
    const auto [slot, fresh] = young_.try_emplace(key);
    if (old_.contains(key) || version_of(slot->second.document) > 0) {
      throw UnreadableDocument{database_.corrupt("document " + key + " is made twice").error};
    }
    last_ = &*slot;
    return changed(*last_);
  }

  // Adds what changed to `batch`, and its index entries to `changes`. In the order of keys: a
  // memtable is searched from where the last document went.
  void put_into(rocksdb::WriteBatch& batch, IndexChanges& changes) {
    std::ranges::sort(dirty_, {}, [](const Slot* slot) { return std::string_view(slot->first); });
    for (Slot* slot : dirty_) {
      if (version_of(slot->second.document) > 0) put(batch, changes, *slot);
    }
  }

  // The keys that `put_into` put, until `written`.
  void append_changed(Model model, std::vector<ChangedDocument>& changed) const {
    for (const Slot* slot : dirty_) {
      if (version_of(slot->second.document) > 0) changed.push_back({model, slot->first});
    }
  }

  // The batch is written.
  void written() {
    for (Slot* slot : dirty_) {
      slot->second.dirty = false;
      slot->second.indexed = std::move(slot->second.next_indexed);
    }
    dirty_.clear();
    last_ = nullptr;
    if (young_.size() < cached_) return;
    old_ = std::move(young_);
    young_.clear();
  }

 private:
  struct Entry {
    D document;
    std::vector<IndexKey> indexed;  // as written, sorted
    std::vector<IndexKey> next_indexed;
    bool dirty = false;
  };
  // Documents not used while `young_` fills up once more are forgotten.
  using Cache = std::unordered_map<std::string, Entry>;
  using Slot = typename Cache::value_type;

  D& changed(Slot& slot) {
    if (!slot.second.dirty) {
      slot.second.dirty = true;
      dirty_.push_back(&slot);
    }
    return slot.second.document;
  }

  Slot* find(const std::string& key) {
    const auto young = young_.find(key);
    if (young != young_.end()) return &*young;
    const auto old = old_.find(key);
    if (old != old_.end()) return &*young_.insert(old_.extract(old)).position;
    Slot& slot = *young_.try_emplace(key).first;
    load(slot);
    return &slot;
  }

  void load(Slot& slot) {
    auto value = database_.get(family_, slot.first);
    if (!value) throw UnreadableDocument{std::move(value).error()};
    if (!value.value()) return;
    Entry& entry = slot.second;
    if (!eventstore::read_json(body_of(*value.value()), entry.document)) {
      throw UnreadableDocument{database_.corrupt("unreadable document " + slot.first).error};
    }
    entry.indexed = sorted_keys(entry.document);
  }

  static std::vector<IndexKey> sorted_keys(const D& document) {
    std::vector<IndexKey> keys = index_keys(document);
    std::ranges::sort(keys);
    return keys;
  }

  void put(rocksdb::WriteBatch& batch, IndexChanges& changes, Slot& slot) {
    Entry& entry = slot.second;
    buffer_.clear();
    append_version(buffer_, version_of(entry.document));
    eventstore::write_json(buffer_, entry.document);
    CHECK(batch.Put(database_.handle(family_), slot.first, buffer_).ok());
    entry.next_indexed = sorted_keys(entry.document);
    std::vector<IndexKey> changed;
    std::ranges::set_difference(entry.indexed, entry.next_indexed, std::back_inserter(changed));
    for (IndexKey& gone : changed) changes.push_back({std::move(gone), false});
    changed.clear();
    std::ranges::set_difference(entry.next_indexed, entry.indexed, std::back_inserter(changed));
    for (IndexKey& fresh : changed) changes.push_back({std::move(fresh), true});
  }

  const RocksDatabase& database_;
  const Family family_;
  const std::size_t cached_;
  Cache young_;
  Cache old_;
  std::vector<Slot*> dirty_;
  Slot* last_ = nullptr;  // an order's events come one after the other
  std::string buffer_;
};

}  // namespace cassette::projections
