// What a notary finds damaged or tampered with at its start: made again of the rest, or passed
// over.
#include "replay/notary.h"

#include "tests/support/notary_rig.h"
#include "tests/support/small_market.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace cassette;
using namespace cassette::testing;
using eventstore::StoreError;
using replay::SignedHead;
using test::must;

namespace {

namespace fs = std::filesystem;

TEST_CASE("notary: file, trees or stream are made again from the others") {
  TapeMaker tape = busy_market(2);
  NotaryRig rig(tape);
  rig.recover();
  rig.sign();
  tape.run(register_vendor("v3"));
  rig.copy(tape);
  rig.sign();
  const auto heads = rig.streamed();
  const auto root_of_trees = [&] {
    return must(eventstore::read_file(rig.folder / "notary/0.tree"));
  };
  const std::string tree = root_of_trees();

  fs::remove(replay::heads_file(rig.folder.path()));
  rig.recover();
  CHECK(rig.filed() == heads);

  fs::remove(rig.folder / "notary/0.tree");
  rig.recover();
  tape.run(register_vendor("v4"));
  rig.copy(tape);
  CHECK(rig.sign()->number == 3);
  CHECK(root_of_trees().starts_with(tree.substr(0, 16 + 40)));

  rig.stream.truncate(1);
  rig.recover();
  CHECK(rig.streamed() == rig.filed());
  rig.stream.truncate(0);
  rig.recover();
  CHECK(rig.streamed() == rig.filed());
  CHECK(rig.filed().size() == 3);
}

// Symptom: upper nodes gave the right root, so a rotten leaf below them stayed for good.
TEST_CASE("notary: a tree with any byte changed is built anew, and every commit is proven") {
  TapeMaker tape = small_market();
  NotaryRig rig(tape);
  rig.recover();
  rig.sign();
  rig.notary.reset();
  const fs::path file = rig.folder / "notary/0.tree";
  const std::string whole = must(eventstore::read_file(file));
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    CAPTURE(at);
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    std::ofstream(file, std::ios::binary) << bytes;
    rig.recover();
    rig.notary.reset();
    CHECK(must(eventstore::read_file(file)).size() == 16);
  }
  rig.recover();
  tape.run(register_vendor("v3"));
  rig.copy(tape);
  rig.sign();
  CHECK(must(eventstore::read_file(file)).starts_with(whole));
  for (std::uint64_t commit = 1; commit <= tape.bodies().size(); ++commit) {
    CHECK(rig.notary->prove({0, commit}, 0).ok());
  }
}

// Symptom: "0.tree is no tree of commits", at each start.
TEST_CASE("notary: a tree that ends in its first bytes is built anew") {
  TapeMaker tape = small_market();
  NotaryRig rig(tape);
  rig.recover();
  rig.sign();
  for (std::size_t size = 0; size <= 16; ++size) {
    CAPTURE(size);
    rig.notary.reset();
    fs::resize_file(rig.folder / "notary/0.tree", size);
    rig.recover();
    tape.run(register_vendor("more-" + std::to_string(size)));
    rig.copy(tape);
    CHECK(rig.sign()->number == size + 2);
    CHECK(rig.notary->prove({0, 1}, 0).ok());
  }
}

// Symptom: "head 10 is followed by head 3", or the heads behind it stored a second time.
TEST_CASE("notary: copies of its own heads, put behind the others, change nothing") {
  TapeMaker tape = small_market();
  NotaryRig rig(tape);
  rig.recover();
  std::vector<SignedHead> heads;
  for (int i = 0; i < 4; ++i) {
    tape.run(register_vendor("more-" + std::to_string(i)));
    rig.copy(tape);
    heads.push_back(*rig.sign());
  }
  for (const std::size_t copied : {2, 3, 0, 3}) {
    CAPTURE(copied);
    rig.faulty.inject(replay::to_line(heads[copied]));
    const std::uint64_t messages = must(rig.stream.last_sequence());
    rig.recover();
    CHECK(rig.notary->foreign() > 0);
    CHECK_FALSE(rig.sign());
    CHECK(must(rig.stream.last_sequence()) == messages);
    CHECK(rig.streamed() == heads);
    CHECK(rig.filed() == heads);
  }
  // The file was set back to the head that was copied last: none is signed a second time.
  rig.notary.reset();
  std::ofstream(replay::heads_file(rig.folder.path())) << replay::to_line(heads[0]) << "\n"
                                                       << replay::to_line(heads[1]) << "\n";
  rig.faulty.inject(replay::to_line(heads[1]));
  rig.recover();
  CHECK(rig.filed() == heads);
  tape.run(register_vendor("last"));
  rig.copy(tape);
  CHECK(rig.sign()->number == 5);
  SignedHead other = heads[1];
  other.at.micros += 1;
  rig.faulty.inject(replay::to_line(replay::sign(other, notary_key())));
  CHECK(rig.open().recover().error().kind == StoreError::Kind::Mismatch);
}

}  // namespace
