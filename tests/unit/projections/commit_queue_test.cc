// The queue before the fold: batches gather while nobody is in a hurry, and never for long.
#include <doctest/doctest.h>

#include <atomic>
#include <future>

#include "projections/commit_queue.h"

using namespace cassette;
using namespace cassette::projections;
using std::chrono::milliseconds;

namespace {

// Longer than any test may take.
constexpr std::chrono::hours kForever{1};

eventstore::StoredCommit commit(std::uint64_t number, std::uint64_t bytes = 10) {
  return {{0, number}, {}, bytes, {}};
}

struct Rig {
  std::atomic<bool> hurried{false};
  std::atomic<int> asked{0};  // how often it was
  CommitQueue queue;

  explicit Rig(std::chrono::microseconds patience, std::uint64_t batch_bytes = 100)
      : queue(1'000, {batch_bytes, patience, [this] {
                        ++asked;
                        asked.notify_all();
                        return hurried.load();
                      }}) {}

  void push(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t n = first; n <= last; ++n) CHECK(queue.push(commit(n)));
  }
  std::future<std::size_t> taken() {
    return std::async(std::launch::async, [this] { return queue.take().size(); });
  }
};

}  // namespace

TEST_CASE("a batch gathers until somebody waits") {
  Rig rig(kForever);
  rig.push(1, 3);  // asks for the second and the third, to know whether to wake the taker
  rig.asked = 0;
  auto taken = rig.taken();
  rig.asked.wait(0);  // by the taker, which found nobody in a hurry
  CHECK(taken.wait_for(milliseconds(0)) == std::future_status::timeout);
  rig.hurried = true;
  rig.queue.hurry();
  CHECK(taken.get() == 3);
  // And as long as somebody does, each is taken as it comes.
  rig.push(4, 4);
  CHECK(rig.queue.take().size() == 1);
}

TEST_CASE("a batch gathers for as long as a commit may wait") {
  Rig rig(milliseconds(5));
  rig.push(1, 2);
  CHECK(rig.queue.take().size() == 2);
}

TEST_CASE("a batch that is full is taken, and the rest is the next one's") {
  Rig rig(kForever);
  rig.push(1, 12);
  CHECK(rig.queue.take().size() == 10);
  auto rest = rig.taken();
  rig.push(13, 20);
  CHECK(rest.get() == 10);
}

TEST_CASE("a closed queue hands out nothing, an ended one what it still has") {
  Rig closed(kForever);
  auto none = closed.taken();
  closed.push(1, 1);
  closed.queue.close();
  CHECK(none.get() == 0);

  Rig ended(kForever);
  ended.push(1, 2);
  ended.queue.end({eventstore::StoreError::Kind::Corrupt, "a hole"});
  CHECK(ended.queue.take().size() == 2);
  CHECK(ended.queue.take().empty());
}
