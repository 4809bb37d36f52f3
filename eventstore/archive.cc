// Archive: what all archives do with commits that were not decoded yet.
#include "eventstore/archive.h"

#include <utility>

#include "eventstore/codec.h"

namespace cassette::eventstore {

Stored<Done> Archive::fold_bodies(const std::vector<AppendedCommit>& commits,
                                  const FoldPoint& point) {
  std::vector<StoredCommit> decoded;
  decoded.reserve(commits.size());
  for (const AppendedCommit& each : commits) {
    auto commit = decode(*each.body);
    if (!commit) {
      return Failure{StoreError{StoreError::Kind::Corrupt, commit.error().what}};
    }
    decoded.push_back({each.position, each.hash, each.body->size(), std::move(commit).value()});
  }
  return fold(decoded, point);
}

}  // namespace cassette::eventstore
