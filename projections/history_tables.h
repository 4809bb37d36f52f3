// HistoryTables: the documents as a fold of history sees them: from where it is told to load them,
// and those changed since from memory. After each commit it says what that changed.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "eventstore/json_read.h"
#include "eventstore/json_write.h"
#include "projections/documents.h"
#include "projections/read_models.h"

namespace cassette::projections {

// Documents of one model kept parsed between batches, twice over. Orders are large, and change a
// few times in their first moments.
inline constexpr std::size_t kKeptVersions = 16'384;
inline constexpr std::size_t kKeptOrders = 4'096;

// A document can't be loaded: it leaves the fold of a commit half done, and whoever folds catches
// it. A fold could go on with nothing but a wrong document.
struct UnreadableVersion {
  eventstore::StoreError error;
};

// The body of a document before the first commit folded; nothing when there is none. Throws
// UnreadableVersion.
using LoadVersion = std::function<std::optional<std::string>(Model model, const std::string& key)>;

// One thread uses it.
template <class D>
class HistoryTable : public Table<D> {
 public:
  HistoryTable(Model model, const LoadVersion& load, std::size_t kept = kKeptVersions)
      : model_(model), load_(load), kept_(kept) {}

  D& at(const std::string& key) override { return changed(find(key)); }

  D& make(const std::string& key) override {
    const auto [slot, fresh] = young_.try_emplace(key);
    if (old_.contains(key) || version_of(slot->second.document) > 0) {
      throw UnreadableVersion{
          {eventstore::StoreError::Kind::Corrupt, "document " + key + " is made twice"}};
    }
    return changed(*slot);
  }

  // As the fold has it by now; null when it is not known.
  const D* known(const std::string& key) const {
    for (const Cache* cache : {&young_, &old_}) {
      const auto found = cache->find(key);
      if (found != cache->end()) return &found->second.document;
    }
    return nullptr;
  }

  // Calls `visit(key, document)` for each that changed since the last call, in the order of keys.
  void take_changed(auto&& visit) {
    std::ranges::sort(dirty_, {}, [](const Slot* slot) { return std::string_view(slot->first); });
    for (Slot* slot : dirty_) {
      slot->second.dirty = false;
      if (version_of(slot->second.document) > 0) visit(slot->first, slot->second.document);
    }
    dirty_.clear();
  }

  // What `take_changed` gave can be loaded from now on: those not used for long are forgotten.
  void forget() {
    if (young_.size() < kept_) return;
    old_ = std::move(young_);
    young_.clear();
  }

 private:
  struct Entry {
    D document;
    bool dirty = false;
  };
  using Cache = std::unordered_map<std::string, Entry>;
  using Slot = typename Cache::value_type;

  D& changed(Slot& slot) {
    if (!slot.second.dirty) dirty_.push_back(&slot);
    slot.second.dirty = true;
    return slot.second.document;
  }

  Slot& find(const std::string& key) {
    const auto young = young_.find(key);
    if (young != young_.end()) return *young;
    const auto old = old_.find(key);
    if (old != old_.end()) return *young_.insert(old_.extract(old)).position;
    const auto body = load_(model_, key);
    Slot& slot = *young_.try_emplace(key).first;
    if (body && !eventstore::read_json(*body, slot.second.document)) {
      throw UnreadableVersion{{eventstore::StoreError::Kind::Corrupt,
                               "document " + key + " is unreadable in the history"}};
    }
    return slot;
  }

  const Model model_;
  const LoadVersion& load_;
  const std::size_t kept_;
  Cache young_;
  Cache old_;
  std::vector<Slot*> dirty_;
};

// Counts have no history: what a fold makes of them is thrown away.
class NoTallies : public Table<TallyDocument> {
 public:
  TallyDocument& at(const std::string&) override { return unused_; }
  TallyDocument& make(const std::string&) override { return unused_; }

 private:
  TallyDocument unused_;
};

// One thread uses it.
class HistoryTables {
 public:
  // `timeline` outlives it.
  HistoryTables(LoadVersion load, Timeline& timeline)
      : load_(std::move(load)), documents_{vendors_,       products_,  stock_,   orders_,
                                           vendor_orders_, customers_, tallies_, timeline} {}
  HistoryTables(const HistoryTables&) = delete;
  HistoryTables& operator=(const HistoryTables&) = delete;

  Documents& documents() { return documents_; }

  // Calls `visit(model, table)` for each.
  void for_each(auto&& visit) {
    visit(Model::Vendors, vendors_);
    visit(Model::Products, products_);
    visit(Model::Stock, stock_);
    visit(Model::Orders, orders_);
    visit(Model::VendorOrders, vendor_orders_);
    visit(Model::Customers, customers_);
  }

 private:
  LoadVersion load_;
  HistoryTable<VendorDocument> vendors_{Model::Vendors, load_};
  HistoryTable<ProductDocument> products_{Model::Products, load_};
  HistoryTable<StockDocument> stock_{Model::Stock, load_};
  HistoryTable<OrderDocument> orders_{Model::Orders, load_, kKeptOrders};
  HistoryTable<VendorOrderDocument> vendor_orders_{Model::VendorOrders, load_, kKeptOrders};
  HistoryTable<CustomerDocument> customers_{Model::Customers, load_};
  NoTallies tallies_;
  Documents documents_;
};

// Keeps no events: they are the ledger's.
class NoTimeline : public Timeline {
 public:
  void add(TimelineEntry) override {}
};

}  // namespace cassette::projections
