// Checking proofs against kept heads, with nothing but files.
#include "api/notary_command.h"

#include "tests/support/notary_rig.h"
#include "tests/support/small_market.h"

#include <doctest/doctest.h>

#include <fstream>

using namespace cassette;
using namespace cassette::testing;
using replay::SignedHead;

namespace {

// A ledger signed three times.
struct Signed {
  TapeMaker tape = small_market(2);
  NotaryRig rig{tape};
  std::vector<SignedHead> heads;

  Signed() {
    rig.recover();
    for (int i = 0; i < 3; ++i) {
      tape.run(register_vendor("more-" + std::to_string(i)));
      rig.copy(tape);
      heads.push_back(*rig.sign());
    }
  }

  int check(const replay::Proof& proof, const std::vector<SignedHead>& kept) const {
    api::HeadsSettings settings;
    settings.task = api::HeadsSettings::Task::Check;
    settings.keys = {notary_key().public_key().text()};
    settings.proof_file = (rig.folder / "proof.json").string();
    std::ofstream(settings.proof_file) << replay::to_json(proof) << "\n";
    if (!kept.empty()) {
      settings.head_file = (rig.folder / "kept.jsonl").string();
      std::ofstream file(settings.head_file);
      for (const SignedHead& head : kept) file << replay::to_line(head) << "\n";
    }
    return api::run_heads(settings);
  }
};

TEST_CASE("check: kept heads are what a later one has to go on from") {
  const Signed market;
  const auto proof = market.rig.notary->prove_since(1, 3);
  REQUIRE(proof.ok());
  CHECK(market.check(proof.value(), {}) == 0);
  CHECK(market.check(proof.value(), market.heads) == 0);
  // Symptom: a genuine later head was refused by who had kept only the earlier ones.
  CHECK(market.check(proof.value(), {market.heads[0]}) == 0);
  CHECK(market.check(proof.value(), {market.heads[1], market.heads[2]}) == 1);
  const auto commit = market.rig.notary->prove({0, 1}, 1);
  REQUIRE(commit.ok());
  CHECK(market.check(commit.value(), {market.heads[0]}) == 0);
  CHECK(market.check(commit.value(), {market.heads[1]}) == 1);
}

// Symptom: with the later head kept, whoever has the key could say what he liked of the earlier.
TEST_CASE("check: an earlier head that is forged with the key is not one that was kept") {
  const Signed market;
  replay::ConsistencyProof proof = market.rig.notary->prove_since(1, 3).value();
  proof.since.at.micros += 1;
  proof.since = replay::sign(proof.since, notary_key());
  CHECK(market.check(proof, {}) == 0);
  CHECK(market.check(proof, market.heads) == 1);
}

}  // namespace
