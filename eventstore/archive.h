// Archive: what an engine starts from, and where it fetches what is at rest. One a partition,
// folded from its ledger, and never the truth: it can be deleted and is rebuilt.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/marketplace.h"
#include "eventstore/appended_commit.h"
#include "eventstore/chain.h"
#include "eventstore/commit.h"
#include "eventstore/store_error.h"

namespace cassette::eventstore {

// How long a command's id is remembered, by commit time.
inline constexpr std::int64_t kCommandMemoryMicros = 24LL * 3600 * 1'000'000;

// An accepted command as it is remembered under its id.
struct RememberedCommand {
  std::string digest;
  int status = 200;
  Position position;
  domain::Timestamp at;

  static void fields(auto& self, auto&& visit) {
    visit("digest", self.digest);
    visit("status", self.status);
    visit("partition", self.position.partition);
    visit("commit", self.position.commit);
    visit("at", self.at);
  }
};

// Where the fold stands: the chain, the time of its last commit, and what it had seen of others.
struct FoldPoint {
  ChainHead head;
  domain::Timestamp at;
  std::map<std::uint32_t, Seen> seen;
};

// One thread folds; lookups may come from another at the same time.
class Archive {
 public:
  virtual ~Archive() = default;

  // Zero for a new archive. Corrupt when the folder holds something else.
  virtual Stored<FoldPoint> point() = 0;

  // Puts all vendors, products, stock and customers, and the orders and sub-orders that are awake,
  // into `marketplace`. Blocks for as long as reading them takes.
  virtual Stored<Done> load(domain::Marketplace& marketplace) = 0;

  // Folds `commits`, which follow the last ones, and remembers `point`, all in one write.
  virtual Stored<Done> fold_all(std::span<const StoredCommit* const> commits,
                                const FoldPoint& point) = 0;
  Stored<Done> fold(const std::vector<StoredCommit>& commits, const FoldPoint& point);
  // Corrupt when one of them can't be decoded.
  virtual Stored<Done> fold_appended(std::span<const std::shared_ptr<const AppendedCommit>> commits,
                                     const FoldPoint& point);

  // The last valid commit folded so far; lock-free.
  virtual std::uint64_t folded() const = 0;

  // Awake or not; nothing when there is none. Blocks for one lookup.
  virtual Stored<std::optional<domain::Order>> order(const domain::OrderId& id) = 0;
  virtual Stored<std::optional<domain::SubOrder>> sub_order(const domain::VendorId& vendor,
                                                            const domain::OrderId& id) = 0;
  // The orders that the vendor owes units of the product, in the order of their ids, until `visit`
  // gives false.
  using VisitHolder = std::function<bool(domain::OrderId)>;
  virtual Stored<Done> for_each_holder(const domain::VendorId& vendor,
                                       const domain::ProductId& product,
                                       const VisitHolder& visit) = 0;
  // Also when it is older than kCommandMemoryMicros: the caller compares `at`.
  virtual Stored<std::optional<RememberedCommand>> command(std::string_view id) = 0;
};

}  // namespace cassette::eventstore
