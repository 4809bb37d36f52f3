// RocksArchive: an Archive in a RocksDB folder of its own, one a partition.
// It keeps what the rules need and nothing that queries want: those read the read models.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "eventstore/archive.h"

namespace cassette::eventstore {

class RocksFamilies;

struct RocksArchiveOptions {
  // Blocks kept in memory for lookups; the bloom filters come on top, 10 bits a key.
  std::size_t cache_bytes = 32 << 20;
};

// Each fold is one write, so a crash leaves the archive before it or after it. It isn't fsynced: a
// power cut may take the last folds, and they are folded again from the ledger.
class RocksArchive : public Archive {
 public:
  // Makes the folder when it is absent or empty. Failures: Corrupt for a folder that holds
  // something else or is damaged, Unsupported for one of another version, Unavailable when another
  // process has it open, Full.
  static Stored<std::unique_ptr<RocksArchive>> open(const std::string& path,
                                                    const RocksArchiveOptions& options);
  ~RocksArchive() override;

  Stored<FoldPoint> point() override;
  Stored<Done> load(domain::Marketplace& marketplace) override;
  // Failures: Mismatch when `commits` do not follow what was folded, Corrupt when what is kept
  // can't be read, Full, Unavailable. Nothing has changed then, and the same call may be repeated.
  Stored<Done> fold_all(std::span<const StoredCommit* const> commits,
                        const FoldPoint& point) override;
  std::uint64_t folded() const override { return folded_.load(std::memory_order_acquire); }
  Stored<std::optional<domain::Order>> order(const domain::OrderId& id) override;
  Stored<std::optional<domain::SubOrder>> sub_order(const domain::VendorId& vendor,
                                                    const domain::OrderId& id) override;
  Stored<Done> for_each_holder(const domain::VendorId& vendor, const domain::ProductId& product,
                               const VisitHolder& visit) override;
  Stored<std::optional<RememberedCommand>> command(std::string_view id) override;

  // Drops the commands that are older than kCommandMemoryMicros now, which otherwise happens a day
  // or so late. Blocks while it rewrites them.
  Stored<Done> compact();

 private:
  explicit RocksArchive(std::unique_ptr<RocksFamilies> families);
  Stored<Done> read_meta();

  std::unique_ptr<RocksFamilies> families_;
  ChainHead head_;  // of the folding thread
  std::atomic<std::uint64_t> folded_{0};
};

}  // namespace cassette::eventstore
