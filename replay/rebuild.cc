// A new generation, folded and named.
#include "replay/rebuild.h"

#include "projections/generations.h"
#include "projections/projection.h"
#include "replay/heads.h"
#include "replay/model_fold.h"

namespace cassette::replay {

using eventstore::Done;
using eventstore::Position;
using eventstore::Stored;

Stored<Rebuilt> rebuild(const std::filesystem::path& models,
                        const std::vector<eventstore::Ledger*>& ledgers,
                        const RebuildOptions& options) {
  auto heads = heads_of(ledgers);
  if (!heads.ok()) return Failure{std::move(heads).error()};
  projections::Generations generations(models);
  const auto number = generations.create();
  if (!number.ok()) return Failure{number.error()};
  const auto hold = generations.hold(number.value());
  if (!hold.ok()) return Failure{hold.error()};
  const Stored<Done> folded =
      fold_models(generations.folder(number.value()), ledgers, heads.value(), options);
  if (!folded.ok()) return Failure{folded.error()};
  const Stored<Done> named = generations.make_current(number.value());
  if (!named.ok()) return Failure{named.error()};
  const auto removed = generations.remove_unused();
  if (!removed.ok()) return Failure{removed.error()};
  return Rebuilt{number.value(), std::move(heads).value()};
}

}  // namespace cassette::replay
