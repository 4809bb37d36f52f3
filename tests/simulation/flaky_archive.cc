// FlakyArchive: keeps what it was given to fold, so that it can be any of its earlier selves.
#include "tests/simulation/flaky_archive.h"

#include <utility>

#include "domain/check.h"

namespace cassette::sim {

using eventstore::Done;
using eventstore::FoldPoint;
using eventstore::Stored;
using eventstore::StoredCommit;
using eventstore::StoreError;

namespace {

// What a fold and a lookup take at most.
constexpr Nanos kFoldTime = 5 * kMillisecond;
constexpr Nanos kLookTime = 50 * kMicrosecond;

Failure<StoreError> failure(StoreError::Kind kind, const char* what) {
  return Failure{StoreError{kind, what}};
}

}  // namespace

void FlakyArchive::restore(std::size_t count) {
  folds_.resize(count);
  // The last one's lock may be held by a thread that is no more.
  static_cast<void>(inner_.release());
  inner_ = std::make_unique<eventstore::MemoryArchive>();
  for (const Fold& fold : folds_) {
    const auto folded = inner_->fold(fold.commits, fold.point);
    CHECK(folded.ok());
  }
}

void FlakyArchive::reopen() {
  const DiskFaults& faults = weather_.plan().disk;
  std::size_t kept = folds_.size();
  if (weather_.strikes(faults.rolled_back)) kept = weather_.draws().below(kept + 1);
  if (weather_.strikes(faults.lost)) kept = 0;
  restore(kept);
  torn_ = torn_ || weather_.strikes(faults.torn);
}

void FlakyArchive::remove() {
  restore(0);
  torn_ = false;
}

auto FlakyArchive::look_up(auto&& call) -> decltype(call()) {
  pass(weather_.draws().between(0, kLookTime));
  if (torn_) return failure(StoreError::Kind::Corrupt, "the archive is torn");
  if (weather_.strikes(weather_.plan().disk.failed_lookup)) {
    return failure(StoreError::Kind::Unavailable, "the disk does not answer");
  }
  const Shield shield;
  return call();
}

Stored<FoldPoint> FlakyArchive::point() {
  return look_up([&] { return inner_->point(); });
}

Stored<Done> FlakyArchive::load(domain::Marketplace& marketplace) {
  return look_up([&] { return inner_->load(marketplace); });
}

Stored<Done> FlakyArchive::fold_all(std::span<const StoredCommit* const> commits,
                                    const FoldPoint& point) {
  pass(weather_.draws().between(0, kFoldTime));
  if (torn_) return failure(StoreError::Kind::Corrupt, "the archive is torn");
  if (weather_.strikes(weather_.plan().disk.failed_fold)) {
    return failure(StoreError::Kind::Full, "no room on the disk");
  }
  const Shield shield;
  auto folded = inner_->fold_all(commits, point);
  if (!folded.ok()) return folded;
  Fold fold{{}, point};
  for (const StoredCommit* commit : commits) fold.commits.push_back(*commit);
  folds_.push_back(std::move(fold));
  return folded;
}

Stored<std::optional<domain::Order>> FlakyArchive::order(const domain::OrderId& id) {
  return look_up([&] { return inner_->order(id); });
}

Stored<std::optional<domain::SubOrder>> FlakyArchive::sub_order(const domain::VendorId& vendor,
                                                                const domain::OrderId& id) {
  return look_up([&] { return inner_->sub_order(vendor, id); });
}

Stored<Done> FlakyArchive::for_each_holder(const domain::VendorId& vendor,
                                           const domain::ProductId& product,
                                           const VisitHolder& visit) {
  return look_up([&] { return inner_->for_each_holder(vendor, product, visit); });
}

Stored<std::optional<eventstore::RememberedCommand>> FlakyArchive::command(std::string_view id) {
  return look_up([&] { return inner_->command(id); });
}

}  // namespace cassette::sim
