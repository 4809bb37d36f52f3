// The notary on a real nats-server: heads are stored once whatever the server does meanwhile, and
// tampered streams are found out by them.
#include "replay/notary.h"

#include "replay/head_check.h"
#include "tests/support/small_market.h"
#include "tests/support/tape_ledgers.h"

// After ours: both define CHECK, and here doctest's is meant.
#include "tests/support/nats_fixture.h"

using namespace cassette;
using namespace cassette::testing;
using eventstore::NotaryKey;
using replay::FindingKind;
using replay::Notary;
using replay::SignedHead;
using test::must;

namespace {

const NotaryKey& key() {
  static const NotaryKey made = NotaryKey::from_seed({4, 2});
  return made;
}

// A tape's streams on a server, and the notary's beside them.
struct Rig {
  test::NatsFixture nats;
  std::unique_ptr<eventstore::JetStreamConnection> connection = nats.connect();
  std::vector<std::unique_ptr<eventstore::Ledger>> ledgers;
  std::vector<eventstore::Ledger*> borrowed;
  std::unique_ptr<eventstore::Ledger> stream;
  test::TemporaryFolder folder;

  explicit Rig(const Tape& tape) {
    for (std::uint32_t p = 0; p < tape.size(); ++p) {
      must(connection->create_ledger_stream(p, {}));
      ledgers.push_back(connection->ledger(p));
      borrowed.push_back(ledgers.back().get());
    }
    must(connection->create_notary_stream({}));
    stream = connection->notary_stream();
    copy(tape);
  }
  void copy(const Tape& tape) {
    for (std::uint32_t p = 0; p < tape.size(); ++p) {
      for (std::uint64_t at = must(ledgers[p]->last_sequence()); at < tape[p].size(); ++at) {
        const auto stored = ledgers[p]->append(at, tape[p][at], {}, std::chrono::seconds(10));
        REQUIRE_MESSAGE(stored.outcome == eventstore::AppendOutcome::Stored, stored.why);
      }
    }
  }
  std::unique_ptr<Notary> open() {
    return must(Notary::open({borrowed, stream.get(), folder.path(), "ledger-of-tests", key()}));
  }
  std::unique_ptr<Notary> recovered() {
    auto notary = open();
    must(notary->recover());
    return notary;
  }
  std::vector<SignedHead> streamed() {
    return must(replay::read_heads(*stream, [](const SignedHead&) { return true; }));
  }
};

TEST_CASE("notary over JetStream: heads, proofs, and another process that goes on") {
  TapeMaker tape = busy_market(2);
  Rig rig(tape_of(tape));
  auto notary = rig.recovered();
  const SignedHead first = *must(notary->sign({1}));
  for (int i = 0; i < 100; ++i) tape.run(register_vendor("more-" + std::to_string(i)));
  rig.copy(tape_of(tape));
  notary.reset();
  notary = rig.recovered();
  const SignedHead second = *must(notary->sign({2}));
  CHECK(replay::verify_succession(first, second).ok());
  CHECK(rig.streamed() == std::vector{first, second});
  for (std::uint32_t p = 0; p < 2; ++p) {
    CHECK(notary->prove({p, tape.bodies(p).size()}, 0).ok());
    CHECK(notary->prove({p, 1}, 1).ok());
  }
  CHECK(notary->prove_since(1, 2).ok());
  replay::HeadCheckOptions options;
  options.keys = {key().public_key()};
  CHECK(must(replay::check_heads(rig.borrowed, rig.streamed(), options)).empty());
}

TEST_CASE("notary over JetStream: the server is killed, and the head is stored once") {
  TapeMaker tape = small_market();
  Rig rig(tape_of(tape));
  const auto notary = rig.recovered();
  must(notary->sign({1}));
  for (int round = 0; round < 3; ++round) {
    tape.run(register_vendor("round-" + std::to_string(round)));
    rig.copy(tape_of(tape));
    rig.nats.kill9();
    CHECK_FALSE(notary->sign({2}).ok());
    must(rig.nats.server().restart());
    // It connects again by itself, some time.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    auto signed_head = notary->sign({3});
    while (!signed_head.ok() && std::chrono::steady_clock::now() < deadline) {
      signed_head = notary->sign({3});
    }
    must(std::move(signed_head));
  }
  const auto heads = rig.streamed();
  REQUIRE(heads.size() == 4);
  for (std::size_t i = 1; i < heads.size(); ++i) {
    CHECK(replay::verify_succession(heads[i - 1], heads[i]).ok());
  }
}

TEST_CASE("notary over JetStream: a stream that was made for something else is not used") {
  const test::NatsFixture nats;
  const auto connection = nats.connect();
  must(connection->open_journal("NOTARY"));
  const auto made = connection->create_notary_stream({});
  REQUIRE_FALSE(made.ok());
  CHECK(made.error().kind == eventstore::StoreError::Kind::Mismatch);
}

TEST_CASE("notary over JetStream: tampered streams are found out, each at its place") {
  const TapeMaker tape = busy_market(1);
  Rig rig(tape_of(tape));
  must(rig.recovered()->sign({1}));
  const auto heads = rig.streamed();
  const std::uint64_t where = tape.bodies().size() / 2;
  struct Tampering {
    const char* name;
    FindingKind kind;
    std::function<void(Bodies&)> what;
  };
  const auto at = [&](Bodies& bodies) { return bodies.begin() + static_cast<long>(where) - 1; };
  const Tampering all[] = {
      {"a byte", FindingKind::RewrittenHistory,
       [&](Bodies& bodies) { (*at(bodies))[at(bodies)->size() / 2] ^= 1; }},
      {"dropped", FindingKind::RewrittenHistory, [&](Bodies& bodies) { bodies.erase(at(bodies)); }},
      {"inserted", FindingKind::RewrittenHistory,
       [&](Bodies& bodies) { bodies.insert(at(bodies), bodies.front()); }},
      {"swapped", FindingKind::RewrittenHistory,
       [&](Bodies& bodies) { std::iter_swap(at(bodies), at(bodies) + 1); }},
      {"cut", FindingKind::CutTail,
       [&](Bodies& bodies) { bodies.erase(at(bodies), bodies.end()); }},
      {"rewritten", FindingKind::RewrittenHistory,
       [&](Bodies& bodies) {
         at(bodies)->replace(at(bodies)->find("\"at\":\"") + 31, 1, "7");
         bodies = rechained(bodies);
       }},
  };
  for (const Tampering& tampering : all) {
    CAPTURE(tampering.name);
    Bodies bodies = tape.bodies();
    tampering.what(bodies);
    const Rig tampered(Tape{bodies});
    replay::HeadCheckOptions options;
    options.keys = {key().public_key()};
    options.data = rig.folder.path();
    const auto findings = must(replay::check_heads(tampered.borrowed, heads, options));
    REQUIRE_FALSE(findings.empty());
    CHECK(name_of(findings.front().kind) == name_of(tampering.kind));
    CHECK(findings.front().position.commit == where);
    options.data.clear();
    CHECK_FALSE(must(replay::check_heads(tampered.borrowed, heads, options)).empty());
  }
}

}  // namespace
