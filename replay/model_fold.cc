// The projections' fold, counted in commits.
#include "replay/model_fold.h"

#include "projections/projection.h"
#include "replay/heads.h"

namespace cassette::replay {

using eventstore::Done;
using eventstore::Position;
using eventstore::Stored;

namespace {

std::uint64_t commits_up_to(const std::vector<Position>& positions) {
  std::uint64_t sum = 0;
  for (const Position& position : positions) sum += position.commit;
  return sum;
}

}  // namespace

Stored<std::vector<Position>> heads_of(const std::vector<eventstore::Ledger*>& ledgers) {
  std::vector<Position> heads;
  for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
    const auto commit = last_commit(p, *ledgers[p]);
    if (!commit.ok()) return Failure{commit.error()};
    heads.push_back({p, commit.value()});
  }
  return heads;
}

Stored<Done> fold_models(const std::filesystem::path& folder,
                         const std::vector<eventstore::Ledger*>& ledgers,
                         const std::vector<Position>& until, const RebuildOptions& options) {
  ProgressMeter* meter = options.progress;
  if (meter != nullptr) meter->start(commits_up_to(until));
  const auto tell = [meter](const std::vector<Position>& positions) {
    if (meter != nullptr) meter->reach(commits_up_to(positions));
  };
  Stored<Done> folded = projections::fold_up_to(folder, ledgers, until, options.stop, tell);
  if (folded.ok() && meter != nullptr) meter->finish();
  return folded;
}

}  // namespace cassette::replay
