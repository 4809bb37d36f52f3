// The cache purger: which paths a document means, which file nginx keeps a path in, and a queue
// that tells each cache everything, or to forget everything, and never keeps a projector waiting.
#include "api/cache_purger.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "api/cache_files.h"

namespace cassette::api {
namespace {

namespace fs = std::filesystem;

using eventstore::Done;
using eventstore::Stored;
using projections::ChangedDocument;
using projections::Model;
using Paths = std::vector<std::string>;

constexpr std::chrono::seconds kPatience{20};

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "cassette-cache-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }
  fs::path keep(const fs::path& file) const {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "an answer";
    return file;
  }

 private:
  fs::path path_;
};

// Remembers what it is told; can be held back and made to fail.
struct Told {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Paths> rounds;
  int everything = 0;
  int failures_left = 0;
  bool held = false;
  bool waiting = false;  // a call is being held

  template <class Condition>
  bool await(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, kPatience, condition);
  }
  void let_go() {
    const std::lock_guard lock(mutex);
    held = false;
    changed.notify_all();
  }
};

class RememberingSink : public CacheSink {
 public:
  explicit RememberingSink(Told& told) : told_(told) {}
  Stored<Done> purge(std::span<const std::string> paths) override {
    return take([&] { told_.rounds.emplace_back(paths.begin(), paths.end()); });
  }
  Stored<Done> purge_all() override {
    return take([&] { ++told_.everything; });
  }

 private:
  Stored<Done> take(auto&& remember) {
    std::unique_lock lock(told_.mutex);
    told_.waiting = true;
    told_.changed.notify_all();
    told_.changed.wait(lock, [&] { return !told_.held; });
    told_.waiting = false;
    if (told_.failures_left > 0) {
      --told_.failures_left;
      return Failure{eventstore::StoreError{eventstore::StoreError::Kind::Unavailable, "not now"}};
    }
    remember();
    told_.changed.notify_all();
    return Done{};
  }

  Told& told_;
};

PurgeQueue::Options quick() {
  PurgeQueue::Options options;
  options.max_waiting = 4;
  options.first_pause = std::chrono::milliseconds(1);
  return options;
}

}  // namespace

TEST_CASE("a document means the paths whose public answers it is in") {
  CHECK(paths_of({Model::Vendors, "1580"}) == Paths{"/vendors/1580"});
  CHECK(paths_of({Model::Stock, "1580/771"}) == Paths{"/vendors/1580/inventory/771"});
  // Nobody is shown the stock of a part that was delisted.
  CHECK(paths_of({Model::Products, "1580/771"}) ==
        Paths{"/vendors/1580/products/771", "/vendors/1580/inventory/771"});
}

// The example of nginx's manual for levels=1:2, of which the key is not said, has this form; the
// digest is `printf /vendors/1580/inventory/771 | md5sum`.
TEST_CASE("a path's file is where nginx with levels=1:2 keeps it") {
  const fs::path file = cache_file("/cache", "/vendors/1580/inventory/771");
  CHECK(file == "/cache/6/29/4ddca463e11f531dde921a8f944ae296");
}

TEST_CASE("files of the paths go, and no others") {
  const Folder folder;
  CacheFiles files(folder.path());
  const fs::path one = folder.keep(cache_file(folder.path(), "/vendors/1/inventory/1"));
  const fs::path two = folder.keep(cache_file(folder.path(), "/vendors/1/inventory/2"));
  CHECK(files.purge(Paths{"/vendors/1/inventory/1", "/vendors/1/inventory/3"}).ok());
  CHECK_FALSE(fs::exists(one));
  CHECK(fs::exists(two));
  CHECK(CacheFiles(folder.path() / "none").purge(Paths{"/vendors/1"}).ok());
}

TEST_CASE("everything is what nginx could have made, whatever else is in the folder") {
  const Folder folder;
  const std::string name = cache_file("", "/vendors/1").filename().string();
  const fs::path kept = folder.keep(cache_file(folder.path(), "/vendors/1"));
  const Paths others = {"notes.txt",
                        "a/notes.txt",
                        "a/bc/notes.txt",
                        "a/bcd/" + name,
                        "ab/bc/" + name,
                        "g/bc/" + name,
                        "a/bc/" + name + ".0000000001",
                        "a/bc/d/" + name,
                        name};
  for (const std::string& other : others) folder.keep(folder.path() / other);
  CHECK(CacheFiles(folder.path()).purge_all().ok());
  CHECK_FALSE(fs::exists(kept));
  for (const std::string& other : others) CHECK_MESSAGE(fs::exists(folder.path() / other), other);
  CHECK(CacheFiles(folder.path() / "none").purge_all().ok());
}

TEST_CASE("a file that can't be removed is an error, and the others go") {
  const Folder folder;
  CacheFiles files(folder.path());
  const fs::path stuck = cache_file(folder.path(), "/vendors/1");
  folder.keep(stuck / "a folder where a file should be");
  const fs::path other = folder.keep(cache_file(folder.path(), "/vendors/2"));
  CHECK_FALSE(files.purge(Paths{"/vendors/1", "/vendors/2"}).ok());
  CHECK_FALSE(fs::exists(other));
}

TEST_CASE("a round tells each path once, and whoever adds does not wait for it") {
  Told told;
  told.held = true;
  PurgeQueue queue(std::make_unique<RememberingSink>(told), quick());
  queue.add(Paths{"/a"});
  REQUIRE(told.await([&] { return told.waiting; }));
  queue.add(Paths{"/b", "/c"});
  queue.add(Paths{"/b"});
  told.let_go();
  REQUIRE(told.await([&] { return told.rounds.size() == 2; }));
  queue.stop();
  CHECK(told.rounds == std::vector<Paths>{{"/a"}, {"/b", "/c"}});
  CHECK(queue.figures().paths == 3);
  CHECK(queue.figures().rounds == 2);
  CHECK(queue.figures().max_lag >= queue.figures().last_lag);
  CHECK(queue.figures().total_lag > std::chrono::microseconds(0));
}

TEST_CASE("past its bound a queue has the cache forget everything") {
  Told told;
  told.held = true;
  PurgeQueue queue(std::make_unique<RememberingSink>(told), quick());
  queue.add(Paths{"/a"});
  REQUIRE(told.await([&] { return told.waiting; }));
  queue.add(Paths{"/1", "/2", "/3", "/4"});
  queue.add(Paths{"/5"});
  queue.add(Paths{"/6"});
  told.let_go();
  REQUIRE(told.await([&] { return told.everything == 1; }));
  queue.stop();
  CHECK(told.rounds == std::vector<Paths>{{"/a"}});
  CHECK(queue.figures().overflows == 1);
  CHECK(queue.figures().everything == 1);
}

TEST_CASE("a cache that could not be told is told again, of what came since, too") {
  Told told;
  told.failures_left = 3;
  told.held = true;
  PurgeQueue queue(std::make_unique<RememberingSink>(told), quick());
  queue.add(Paths{"/a"});
  REQUIRE(told.await([&] { return told.waiting; }));
  queue.add(Paths{"/b"});
  told.let_go();
  REQUIRE(told.await([&] { return !told.rounds.empty(); }));
  queue.stop();
  CHECK(told.rounds == std::vector<Paths>{{"/a", "/b"}});
  CHECK(queue.figures().failures == 3);
}

TEST_CASE("what waits when a queue is stopped is told, and a cache that is gone keeps nobody") {
  Told told;
  PurgeQueue queue(std::make_unique<RememberingSink>(told), quick());
  queue.add(Paths{"/a"});
  queue.stop();
  queue.stop();
  CHECK(told.rounds == std::vector<Paths>{{"/a"}});
  Told gone;
  gone.failures_left = 1'000'000;
  PurgeQueue hopeless(std::make_unique<RememberingSink>(gone), quick());
  hopeless.add(Paths{"/a"});
  hopeless.stop();
  CHECK(gone.rounds.empty());
}

TEST_CASE("changes go to every cache; so does that everything may have changed") {
  Told first;
  Told second;
  std::vector<std::unique_ptr<CacheSink>> sinks;
  sinks.push_back(std::make_unique<RememberingSink>(first));
  sinks.push_back(std::make_unique<RememberingSink>(second));
  CachePurger purger(std::move(sinks));
  CHECK(purger.wants(Model::Stock));
  CHECK_FALSE(purger.wants(Model::Orders));
  CHECK_FALSE(purger.wants(Model::Customers));
  purger.changed(std::vector<ChangedDocument>{{Model::Vendors, "1"}, {Model::Stock, "1/2"}});
  for (Told* told : {&first, &second}) {
    REQUIRE(told->await([&] { return !told->rounds.empty(); }));
    CHECK(told->rounds == std::vector<Paths>{{"/vendors/1", "/vendors/1/inventory/2"}});
  }
  purger.replaced();
  for (Told* told : {&first, &second}) {
    REQUIRE(told->await([&] { return told->everything == 1; }));
  }
  purger.stop();
  CHECK(purger.figures().size() == 2);
}

TEST_CASE("where there is no cache there is no purger") {
  CHECK(CachePurger::of({}) == nullptr);
  EdgeSettings settings;
  settings.cache = "somewhere";
  settings.purge_hook = "http://127.0.0.1:1/purge";
  CHECK(CachePurger::of(settings)->figures().size() == 2);
}

}  // namespace cassette::api
