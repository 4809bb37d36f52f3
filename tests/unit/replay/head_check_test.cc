// Tampering: whatever is done to a signed ledger is found, and where. What the chain of hashes
// itself shows is verify's; here also what it can't show.
#include "replay/head_check.h"

#include "eventstore/commit_tree.h"
#include "replay/verify.h"
#include "tests/support/notary_rig.h"
#include "tests/support/silent_ledger.h"
#include "tests/support/small_market.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

using namespace cassette;
using namespace cassette::testing;
using eventstore::Position;
using replay::Finding;
using replay::FindingKind;
using replay::SignedHead;
using test::must;

namespace {

// A busy market of one partition, signed three times: in the middle, near the end and at the end.
struct Signed {
  TapeMaker tape = busy_market(1);
  std::unique_ptr<NotaryRig> rig;
  std::vector<SignedHead> heads;
  std::size_t middle = 0;  // commits below the first head

  Signed() {
    const Bodies all = tape.bodies();
    middle = all.size() / 2;
    rig = std::make_unique<NotaryRig>(Tape{Bodies(all.begin(), all.begin() + long(middle))});
    rig->recover();
    heads.push_back(*rig->sign());
    rig->copy(tape);
    heads.push_back(*rig->sign());
    tape.run(register_vendor("last"));
    rig->copy(tape);
    heads.push_back(*rig->sign());
    rig->notary.reset();
  }

  std::vector<Finding> check(const Bodies& bodies, bool with_trees) const {
    replay::HeadCheckOptions options;
    options.keys = {notary_key().public_key()};
    if (with_trees) options.data = rig->folder.path();
    return must(replay::check_heads(MemoryLedgers(Tape{bodies}).all(), heads, options));
  }
};

const Signed& market() {
  static const Signed made;
  return made;
}

std::string told(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& each : findings) {
    text += format(each.position) + " " + std::string(name_of(each.kind)) + ": " + each.what + "\n";
  }
  return text;
}

// With the trees the commit itself is named; with the heads alone the commit, or the first head
// that it is below.
void require_named(const Bodies& tampered, FindingKind kind, std::uint64_t commit) {
  CAPTURE(commit);
  const auto exact = market().check(tampered, true);
  INFO(told(exact));
  REQUIRE_FALSE(exact.empty());
  CHECK(name_of(exact.front().kind) == name_of(kind));
  CHECK(format(exact.front().position) == format(Position{0, commit}));
  const auto bounded = market().check(tampered, false);
  INFO(told(bounded));
  REQUIRE_FALSE(bounded.empty());
  std::uint64_t head = 0;
  for (const SignedHead& each : market().heads) {
    head = each.partitions[0].commit;
    if (head >= commit) break;
  }
  CHECK(bounded.front().position.commit <= head);
  CHECK(bounded.front().position.commit + 1 >= commit);
}

bool verify_finds(const Bodies& bodies) {
  return replay::verify(MemoryLedgers(Tape{bodies}).all(), {}).verdict == replay::Verdict::Unsound;
}

TEST_CASE("tampering: an untouched ledger agrees with its heads, also when it has grown") {
  TapeMaker tape = market().tape;
  CHECK(told(market().check(tape.bodies(), true)).empty());
  CHECK(told(market().check(tape.bodies(), false)).empty());
  tape.run(register_vendor("later"));
  CHECK(told(market().check(tape.bodies(), true)).empty());
  CHECK(told(market().check(tape.bodies(), false)).empty());
}

TEST_CASE("tampering: any byte of a commit") {
  for (const std::size_t commit : {std::size_t{1}, market().middle, market().middle + 1}) {
    const std::string& body = market().tape.bodies()[commit - 1];
    for (std::size_t at = 0; at < body.size(); ++at) {
      Bodies tampered = market().tape.bodies();
      tampered[commit - 1][at] = static_cast<char>(tampered[commit - 1][at] ^ 1);
      CAPTURE(at);
      require_named(tampered, FindingKind::RewrittenHistory, commit);
    }
  }
}

TEST_CASE("tampering: a byte of each commit, which verify finds as well but for the last") {
  for (std::size_t commit = 1; commit <= market().tape.bodies().size(); ++commit) {
    Bodies tampered = market().tape.bodies();
    std::string& body = tampered[commit - 1];
    body[body.rfind("\"type\":\"") + 9] ^= 1;
    require_named(tampered, FindingKind::RewrittenHistory, commit);
  }
}

TEST_CASE("tampering: a commit is dropped") {
  for (std::size_t commit = 1; commit < market().tape.bodies().size(); ++commit) {
    Bodies tampered = market().tape.bodies();
    tampered.erase(tampered.begin() + static_cast<long>(commit) - 1);
    require_named(tampered, FindingKind::RewrittenHistory, commit);
    if (commit > 1) CHECK(verify_finds(tampered));
  }
}

TEST_CASE("tampering: a commit is inserted") {
  for (std::size_t commit = 2; commit <= market().tape.bodies().size(); ++commit) {
    Bodies tampered = market().tape.bodies();
    tampered.insert(tampered.begin() + static_cast<long>(commit) - 1, tampered[commit - 2]);
    require_named(tampered, FindingKind::RewrittenHistory, commit);
  }
}

TEST_CASE("tampering: two commits change places") {
  for (std::size_t commit = 1; commit < market().tape.bodies().size(); ++commit) {
    Bodies tampered = market().tape.bodies();
    std::swap(tampered[commit - 1], tampered[commit]);
    require_named(tampered, FindingKind::RewrittenHistory, commit);
  }
}

TEST_CASE("tampering: the tail is cut, which verify can't see") {
  for (std::size_t size = 1; size < market().tape.bodies().size(); ++size) {
    Bodies tampered = market().tape.bodies();
    tampered.resize(size);
    require_named(tampered, FindingKind::CutTail, size + 1);
  }
  Bodies tampered = market().tape.bodies();
  tampered.pop_back();
  CHECK_FALSE(verify_finds(tampered));
}

TEST_CASE("tampering: rewritten with all hashes computed anew, which verify can't see") {
  std::size_t unseen = 0;
  for (std::size_t commit = 1; commit <= market().tape.bodies().size(); ++commit) {
    Bodies tampered = market().tape.bodies();
    const std::size_t at = tampered[commit - 1].find("\"at\":\"") + 6 + 25;  // microseconds
    tampered[commit - 1][at] = tampered[commit - 1][at] == '0' ? '1' : '0';
    tampered = rechained(tampered);
    require_named(tampered, FindingKind::RewrittenHistory, commit);
    if (!verify_finds(tampered)) ++unseen;
  }
  CHECK(unseen > 0);
}

TEST_CASE("tampering: dropped and inserted with all hashes computed anew") {
  for (std::size_t commit = 2; commit < market().tape.bodies().size(); ++commit) {
    Bodies dropped = market().tape.bodies();
    dropped.erase(dropped.begin() + static_cast<long>(commit) - 1);
    require_named(rechained(dropped), FindingKind::RewrittenHistory, commit);
    Bodies inserted = market().tape.bodies();
    inserted.insert(inserted.begin() + static_cast<long>(commit) - 1, inserted[commit - 2]);
    require_named(rechained(inserted), FindingKind::RewrittenHistory, commit);
  }
}

TEST_CASE("tampering: a tree that was changed with the ledger helps nobody") {
  Bodies tampered = market().tape.bodies();
  tampered[2].replace(tampered[2].find("\"at\":\"") + 6 + 25, 1, "9");
  tampered = rechained(tampered);
  NotaryRig forger(Tape{tampered});
  forger.recover();
  forger.sign();
  forger.notary.reset();
  replay::HeadCheckOptions options;
  options.keys = {notary_key().public_key()};
  options.data = forger.folder.path();
  const auto found = must(replay::check_heads(forger.ledgers.all(), market().heads, options));
  REQUIRE_FALSE(found.empty());
  CHECK(found.front().kind == FindingKind::RewrittenHistory);
}

// Symptom: the tree's upper nodes agreed, and a commit that nobody had touched was named.
TEST_CASE("tampering: a tree with changed leaves below its real nodes names no wrong commit") {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = eventstore::commit_tree_file(folder.path(), 0);
  std::filesystem::create_directories(file.parent_path());
  const std::string whole =
      must(eventstore::read_file(eventstore::commit_tree_file(market().rig->folder.path(), 0)));
  for (const std::size_t at : {16, 16 + 20, 16 + 40 + 20}) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    std::ofstream(file, std::ios::binary) << bytes;
    replay::HeadCheckOptions options;
    options.keys = {notary_key().public_key()};
    options.data = folder.path();
    const MemoryLedgers ledgers(Tape{market().tape.bodies()});
    CHECK(told(must(replay::check_heads(ledgers.all(), market().heads, options))).empty());
  }
}

TEST_CASE("heads: a ledger that gives fewer messages than it says ends the check") {
  SilentLedger ledger;
  std::vector<eventstore::Ledger*> ledgers{&ledger};
  for (std::size_t i = 0; i < 3; ++i) {
    ledger.append(i, market().tape.bodies()[i], {}, std::chrono::seconds(1));
  }
  ledger.missing = market().tape.bodies().size();
  for (const bool with_trees : {false, true}) {
    replay::HeadCheckOptions options;
    if (with_trees) options.data = market().rig->folder.path();
    const auto checked = replay::check_heads(ledgers, market().heads, options);
    REQUIRE_FALSE(checked.ok());
    CHECK(checked.error().what.find("message 0:4 does not come") != std::string::npos);
  }
}

TEST_CASE("heads: of another key, changed, or contradicting one another") {
  std::vector<SignedHead> heads = market().heads;
  const auto broken = [&](const std::vector<eventstore::NotaryPublicKey>& keys) {
    replay::Findings findings;
    replay::check_signatures(heads, keys, findings);
    return !findings.all().empty();
  };
  const std::vector ours{notary_key().public_key()};
  const auto stranger = eventstore::NotaryKey::from_seed({1});
  CHECK_FALSE(broken(ours));
  CHECK_FALSE(broken({}));
  CHECK_FALSE(broken({stranger.public_key(), ours.front()}));
  CHECK(broken({stranger.public_key()}));
  std::ranges::reverse(heads);
  CHECK_FALSE(broken(ours));
  heads.erase(heads.begin() + 1);
  CHECK_FALSE(broken(ours));
  heads.push_back(heads.front());
  CHECK_FALSE(broken(ours));
  // The key's owner itself says two things.
  SignedHead other = heads.front();
  other.at.micros += 1;
  heads.push_back(replay::sign(other, notary_key()));
  CHECK(broken(ours));
  heads = market().heads;
  heads[1].partitions[0].commit += 1;
  CHECK(broken(ours));
  CHECK(broken({}));
  heads = market().heads;
  SignedHead fork = heads[2];
  fork.number = 9;
  fork.partitions[0].root[0] ^= 1;
  heads.push_back(replay::sign(fork, notary_key()));
  CHECK(broken(ours));
}

TEST_CASE("heads: a ledger with other partitions, and no heads at all") {
  replay::HeadCheckOptions options;
  const TapeMaker two = busy_market(2);
  const MemoryLedgers ledgers(tape_of(two));
  CHECK_FALSE(must(replay::check_heads(ledgers.all(), market().heads, options)).empty());
  CHECK(must(replay::check_heads(ledgers.all(), {}, options)).empty());
}

}  // namespace
