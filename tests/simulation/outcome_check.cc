// Outcome: each archive and each document, by the reference and by the fold.
#include "tests/simulation/outcome_check.h"

#include <fmt/format.h>

#include "tests/simulation/verdict.h"

namespace cassette::sim {

using eventstore::StoredCommit;

namespace {

void check_stock(const Pair& key, const domain::StockItem& item, const Reference& reference,
                 const std::string& where) {
  const auto found = reference.shelves().find(key);
  const ShelfState shelf = found == reference.shelves().end() ? ShelfState{} : found->second;
  if (item.on_hand == shelf.on_hand && item.reserved == shelf.reserved &&
      item.missing == shelf.missing && item.available() == shelf.available()) {
    return;
  }
  wrong(fmt::format("{} says of {}/{}: {} on hand, {} reserved; it is {} and {}", where, key.first,
                    key.second, item.on_hand, item.reserved, shelf.on_hand, shelf.reserved));
}

// One that has caught up holds every stock item as it is.
void check_archive(FlakyArchive& archive, const std::vector<StoredCommit>& commits,
                   const Reference& reference, const std::string& where) {
  const Shield shield;
  const auto point = archive.inner().point();
  if (commits.empty() || point.value().head.commit != commits.back().position.commit) return;
  if (point.value().head.hash != commits.back().hash) wrong(where + " has another hash");
  domain::Marketplace marketplace;
  static_cast<void>(archive.inner().load(marketplace));
  marketplace.for_each_stock([&](const auto& vendor, const auto& product, const auto& item) {
    check_stock({vendor.value, product.value}, item, reference, where);
  });
}

void check_models(const ModelState& models, const ModelState& folded, const Reference& reference,
                  const std::string& where) {
  const auto texts = models.texts();
  const auto expected = folded.texts();
  for (const auto& [key, text] : expected) {
    const auto found = texts.find(key);
    if (found == texts.end()) wrong(where + " has no " + key);
    if (found->second != text) wrong(fmt::format("{}: {} is {}", where, key, found->second));
  }
  if (texts.size() != expected.size()) wrong(where + " has more than was folded");
  for (const auto& [key, document] : models.stock) {
    if (document.version == 0) continue;
    check_stock({document.vendor_id.value, document.product_id.value},
                projections::state_of(document), reference, where);
  }
  for (const auto& [id, order] : reference.purchases()) {
    const auto found = models.orders.find(id);
    if (found == models.orders.end()) wrong(where + " has no order " + id);
    const bool same =
        found->second.expired == order.expired && found->second.confirmed == order.confirmed;
    if (!same) wrong(fmt::format("{} has order {} otherwise", where, id));
  }
}

}  // namespace

void check_outcome(World& world, const std::vector<std::vector<StoredCommit>>& ledgers,
                   const Reference& reference) {
  ModelState folded(world.plan.partitions);
  for (const auto& commits : ledgers) {
    for (const StoredCommit& commit : commits) folded.fold(commit);
  }
  for (ProcessId id = 1; id <= world.plan.processes; ++id) {
    const Disk& disk = world.disks[id];
    for (std::uint32_t p = 0; p < world.plan.partitions; ++p) {
      check_archive(*disk.archives[p], ledgers[p], reference,
                    fmt::format("archive {} of process {}", p, id));
    }
    check_models(disk.models->state(), folded, reference,
                 fmt::format("the read models of process {}", id));
  }
}

}  // namespace cassette::sim
