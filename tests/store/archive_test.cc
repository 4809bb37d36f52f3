// RocksArchive passes the contract on real folders, and survives crashes, damage and strangers.
#include <rocksdb/db.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "eventstore/rocks_archive.h"
#include "tests/support/archive_contract.h"

namespace fs = std::filesystem;
using namespace cassette;
using eventstore::RocksArchive;
using eventstore::StoreError;

namespace {

// A folder that is gone with the test.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (fs::temp_directory_path() / "cassette-archive-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempFolder() { fs::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

std::unique_ptr<RocksArchive> open_archive(const std::string& path) {
  auto opened = RocksArchive::open(path, {});
  REQUIRE_MESSAGE(opened.ok(), (opened.ok() ? "" : opened.error().what));
  return std::move(opened).value();
}

StoreError error_of(const std::string& path) {
  const auto opened = RocksArchive::open(path, {});
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().what.find(path) != std::string::npos);
  return opened.error();
}

void with_new_archive(void (*check)(eventstore::Archive&)) {
  const TempFolder folder;
  const auto archive = open_archive(folder / "archive");
  check(*archive);
}

// Overwrites the middle of every file of that kind.
void damage(const std::string& path, const std::string& extension) {
  std::size_t damaged = 0;
  for (const auto& entry : fs::directory_iterator(path)) {
    const auto size = static_cast<std::streamoff>(fs::file_size(entry));
    if (entry.path().extension() != extension || size < 64) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(size / 2);
    file << "this is not what was written here";
    ++damaged;
  }
  REQUIRE(damaged > 0);
}

}  // namespace

TEST_CASE("archive: a new one is at zero") {
  with_new_archive(testing::a_new_archive_is_at_zero);
}
TEST_CASE("archive: what is awake loads and all is found") {
  with_new_archive(testing::what_is_awake_loads_and_all_is_found);
}
TEST_CASE("archive: commit by commit gives the same") {
  with_new_archive(testing::commit_by_commit_gives_the_same);
}
TEST_CASE("archive: commands are remembered with their first answer") {
  with_new_archive(testing::commands_are_remembered_with_their_first_answer);
}
TEST_CASE("archive: the point is kept with all it holds") {
  with_new_archive(testing::the_point_is_kept_with_all_it_holds);
}
TEST_CASE("archive: commits that do not follow are refused") {
  with_new_archive(testing::commits_that_do_not_follow_are_refused_and_change_nothing);
}

TEST_CASE("archive: opened again after each fold, it equals one that was never closed") {
  const testing::TapeMaker tape = testing::make_story();
  const TempFolder folder;
  for (std::size_t i = 0; i < tape.commits().size(); ++i) {
    const auto archive = open_archive(folder / "archive");
    CHECK(archive->folded() == i);
    testing::fold_range(*archive, tape.commits(), i, i + 1);
  }
  const auto archive = open_archive(folder / "archive");
  CHECK(archive->point().value().head.hash == tape.commits().back().hash);
  testing::require_loads(*archive, tape);
  testing::require_finds(*archive, tape);
}

TEST_CASE("archive: what a kill leaves after any fold goes on to the same end") {
  const testing::TapeMaker tape = testing::make_story();
  const auto& commits = tape.commits();
  const TempFolder folder;
  const auto archive = open_archive(folder / "archive");
  for (std::size_t i = 0; i < commits.size(); ++i) {
    testing::fold_range(*archive, commits, i, i + 1);
    const std::string left = folder / ("left-" + std::to_string(i));
    fs::copy(folder / "archive", left);  // open, and not flushed
    const auto again = open_archive(left);
    REQUIRE(again->folded() == commits[i].position.commit);
    if (i + 1 < commits.size()) testing::fold_range(*again, commits, i + 1, commits.size());
    testing::require_loads(*again, tape);
    testing::require_finds(*again, tape);
  }
}

TEST_CASE("archive: commands older than their memory are dropped, younger ones stay") {
  testing::TapeMaker tape;
  tape.run(testing::register_vendor("v1"), "old");
  tape.wait(eventstore::kCommandMemoryMicros);
  tape.run(testing::register_vendor("v2"), "young");
  const TempFolder folder;
  const auto archive = open_archive(folder / "archive");
  testing::fold_all(*archive, tape);
  CHECK(archive->command("old").value().has_value());  // it is the caller who compares the times
  REQUIRE(archive->compact().ok());
  CHECK_FALSE(archive->command("old").value().has_value());
  CHECK(archive->command("young").value().has_value());
}

TEST_CASE("archive: a folder of something else is refused and left alone") {
  const TempFolder folder;
  SUBCASE("with files") {
    fs::create_directory(folder / "other");
    std::ofstream(folder / "other/notes.txt") << "mine";
    CHECK(error_of(folder / "other").kind == StoreError::Kind::Corrupt);
    CHECK(fs::exists(folder / "other/notes.txt"));
    CHECK_FALSE(fs::exists(folder / "other/CURRENT"));
  }
  SUBCASE("a file") {
    std::ofstream(folder / "other") << "mine";
    CHECK(error_of(folder / "other").kind == StoreError::Kind::Corrupt);
  }
  SUBCASE("another RocksDB") {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    REQUIRE(rocksdb::DB::Open(options, folder / "other", &opened).ok());
    const std::unique_ptr<rocksdb::DB> database(opened);
    rocksdb::ColumnFamilyHandle* family = nullptr;
    REQUIRE(database->CreateColumnFamily({}, "timeline", &family).ok());
    database->DestroyColumnFamilyHandle(family);
    CHECK(error_of(folder / "other").kind == StoreError::Kind::Corrupt);
  }
}

TEST_CASE("archive: one of another version is refused by name") {
  const TempFolder folder;
  const std::string path = folder / "archive";
  open_archive(path).reset();
  {
    std::vector<std::string> names;
    REQUIRE(rocksdb::DB::ListColumnFamilies({}, path, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names) families.emplace_back(name, rocksdb::Options());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    REQUIRE(rocksdb::DB::Open({}, path, families, &handles, &opened).ok());
    const std::unique_ptr<rocksdb::DB> database(opened);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == "meta") REQUIRE(database->Put({}, handles[i], "schema", "version 7").ok());
      database->DestroyColumnFamilyHandle(handles[i]);
    }
  }
  const StoreError error = error_of(path);
  CHECK(error.kind == StoreError::Kind::Unsupported);
  CHECK(error.what.find("another version") != std::string::npos);
}

TEST_CASE("archive: a second opening is refused while the first is open") {
  const TempFolder folder;
  const auto archive = open_archive(folder / "archive");
  CHECK(error_of(folder / "archive").kind == StoreError::Kind::Unavailable);
}

TEST_CASE("archive: damage on disk is a clear error, never a wrong answer") {
  const testing::TapeMaker tape = testing::make_story();
  const TempFolder folder;
  const std::string path = folder / "archive";
  {
    const auto archive = open_archive(path);
    testing::fold_all(*archive, tape);
    REQUIRE(archive->compact().ok());  // writes a table file
  }
  damage(path, ".sst");
  const auto opened = RocksArchive::open(path, {});
  if (!opened.ok()) {
    CHECK(opened.error().kind == StoreError::Kind::Corrupt);
    return;
  }
  const auto found = opened.value()->command("c-open");
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().kind == StoreError::Kind::Corrupt);
}
