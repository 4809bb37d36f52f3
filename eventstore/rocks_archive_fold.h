// RocksArchiveFold: one call of RocksArchive::fold, from the first aggregate read to the batch.
// It reads each aggregate that an event touches once, folds in memory, and writes what changed.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/marketplace.h"
#include "eventstore/commit.h"
#include "eventstore/rocks_families.h"

namespace cassette::eventstore {

// "vendor/product", "vendor/order".
std::string pair_key(std::string_view vendor, std::string_view id);
// "vendor/product/order".
std::string holder_key(const domain::VendorId& vendor, const domain::ProductId& product,
                       const domain::OrderId& order);

// Not thread-safe. Lives for one fold.
class RocksArchiveFold {
 public:
  explicit RocksArchiveFold(RocksFamilies& families) : families_(families) {}

  // Failures are those of reading; the fold is of no use after one.
  Stored<Done> fold(const StoredCommit& commit);

  // Adds every aggregate that the folds so far changed, and the commands they accepted.
  void write_to(rocksdb::WriteBatch& batch);

 private:
  // What the archive keeps of an aggregate before the fold.
  struct Kept {
    std::string bytes;  // empty: it was not there
    bool awake = false;
    std::vector<domain::ProductId> held;  // of a sub-order: each once
  };

  Stored<Done> fold(const domain::Event& event);
  Stored<Done> fetch(const domain::EntityKey& key);
  Stored<Done> fetch_stock_of(const domain::VendorId& vendor, const domain::OrderId& order);
  bool put_in_place(const domain::EntityKey& key, Kept& kept);
  Kept state_of(const domain::EntityKey& key) const;
  void write(const domain::EntityKey& key, const Kept& kept, rocksdb::WriteBatch& batch);
  void write_order(const domain::EntityKey& key, const Kept& before, const Kept& now,
                   rocksdb::WriteBatch& batch);

  RocksFamilies& families_;
  domain::Marketplace marketplace_;
  std::unordered_map<domain::EntityKey, Kept, domain::EntityKeyHash> kept_;
  std::unordered_map<std::string, std::string> commands_;  // by id, as they are kept
};

}  // namespace cassette::eventstore
