// MemoryArchive passes the contract that RocksArchive passes.
#include "eventstore/memory_archive.h"

#include <doctest/doctest.h>

#include "tests/support/archive_contract.h"

using namespace cassette;

TEST_CASE("archive in memory: a new one is at zero") {
  eventstore::MemoryArchive archive;
  testing::a_new_archive_is_at_zero(archive);
}

TEST_CASE("archive in memory: what is awake loads and all is found") {
  eventstore::MemoryArchive archive;
  testing::what_is_awake_loads_and_all_is_found(archive);
}

TEST_CASE("archive in memory: commit by commit gives the same") {
  eventstore::MemoryArchive archive;
  testing::commit_by_commit_gives_the_same(archive);
}

TEST_CASE("archive in memory: commands are remembered with their first answer") {
  eventstore::MemoryArchive archive;
  testing::commands_are_remembered_with_their_first_answer(archive);
}

TEST_CASE("archive in memory: the point is kept with all it holds") {
  eventstore::MemoryArchive archive;
  testing::the_point_is_kept_with_all_it_holds(archive);
}

TEST_CASE("archive in memory: commits that do not follow are refused") {
  eventstore::MemoryArchive archive;
  testing::commits_that_do_not_follow_are_refused_and_change_nothing(archive);
}
