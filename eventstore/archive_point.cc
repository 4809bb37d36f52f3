// Contiguity as an archive sees it: by hash, since void messages leave gaps in the numbers.
#include "eventstore/archive_point.h"

#include <fmt/format.h>

namespace cassette::eventstore {
namespace {

Failure<StoreError> mismatch(std::uint64_t folded, std::uint64_t next, std::string_view why) {
  return Failure{StoreError{
      StoreError::Kind::Mismatch,
      fmt::format("the archive ends with commit {}, and commit {} {}", folded, next, why)}};
}

}  // namespace

Stored<Done> Archive::fold(const std::vector<StoredCommit>& commits, const FoldPoint& point) {
  std::vector<const StoredCommit*> all;
  for (const StoredCommit& commit : commits) all.push_back(&commit);
  return fold_all(all, point);
}

Stored<Done> Archive::fold_appended(std::span<const std::shared_ptr<const AppendedCommit>> commits,
                                    const FoldPoint& point) {
  std::vector<const StoredCommit*> all;
  for (const auto& commit : commits) {
    const StoredCommit* decoded = commit->decoded();
    if (decoded == nullptr) {
      return Failure{StoreError{StoreError::Kind::Corrupt,
                                "commit " + format(commit->position()) + " can't be read"}};
    }
    all.push_back(decoded);
  }
  return fold_all(all, point);
}

Stored<Done> check_follows(const ChainHead& head, std::span<const StoredCommit* const> commits,
                           const ChainHead& end) {
  ChainHead at = head;
  for (const StoredCommit* each : commits) {
    const StoredCommit& next = *each;
    if (next.position.commit <= at.commit) {
      return mismatch(at.commit, next.position.commit, "was folded before");
    }
    if (next.commit.prev != at.hash) {
      return mismatch(at.commit, next.position.commit, "does not name its hash");
    }
    at = {next.position.commit, next.position.commit, next.hash};
  }
  if (end.commit != at.commit || end.hash != at.hash) {
    return mismatch(at.commit, end.commit, "is given as the end");
  }
  if (end.read < at.read) return mismatch(at.commit, end.read, "is given as the last one read");
  return Done{};
}

}  // namespace cassette::eventstore
