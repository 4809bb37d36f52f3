// Signed heads: one text each, one signature, and what may follow what.
#include "replay/signed_head.h"

#include "eventstore/merkle.h"

#include <doctest/doctest.h>

using namespace cassette;
using namespace cassette::replay;
using eventstore::NotaryKey;
using eventstore::StoreError;

namespace {

const NotaryKey& key() {
  static const NotaryKey made = NotaryKey::from_seed({1, 2, 3});
  return made;
}

SignedHead first() {
  SignedHead head;
  head.ledger_id = "ledger-1";
  head.number = 1;
  head.at = {1'790'000'000'000'000};
  head.partitions = {{7, {1}, 6, {2}}, {0, {}, 0, eventstore::merkle_empty()}};
  return sign(head, key());
}

SignedHead after(const SignedHead& head) {
  SignedHead next = head;
  next.number += 1;
  next.at.micros += 1;
  next.prev = hash_of(head);
  next.partitions[0] = {9, {3}, 8, {4}};
  next.signature.clear();
  return sign(next, key());
}

TEST_CASE("signed head: its line, and back") {
  const SignedHead head = first();
  const std::string line = to_line(head);
  CHECK(line.starts_with(R"({"v":1,"ledgerId":"ledger-1","number":1,"at":"2026-09-21T)"));
  CHECK(line.find(R"(,"key":"ed25519:)") != std::string::npos);
  CHECK(parse_head(line).value() == head);
  CHECK(parse_head(line + "\n").value() == head);
  CHECK(line.starts_with(signed_text(head).substr(0, signed_text(head).size() - 1)));
}

TEST_CASE("signed head: any other text of the same is refused, and so is a cut one") {
  const std::string line = to_line(first());
  for (std::size_t size = 0; size < line.size(); ++size) {
    CHECK_FALSE(parse_head(line.substr(0, size)).ok());
  }
  CHECK_FALSE(parse_head(" " + line).ok());
  CHECK_FALSE(parse_head(line.substr(0, line.size() - 1) + R"(,"more":1})").ok());
  std::string version = line;
  version.replace(version.find("\"v\":1"), 5, "\"v\":2");
  CHECK(parse_head(version).error().kind == StoreError::Kind::Unsupported);
}

TEST_CASE("signed head: no byte of it can be changed") {
  const SignedHead head = first();
  CHECK(verify_signature(head, key().public_key()).ok());
  CHECK_FALSE(verify_signature(head, NotaryKey::from_seed({9}).public_key()).ok());
  const std::string line = to_line(head);
  for (std::size_t i = 0; i < line.size(); ++i) {
    std::string changed = line;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto parsed = parse_head(changed);
    CHECK_FALSE((parsed.ok() && verify_signature(parsed.value(), key().public_key()).ok()));
  }
}

TEST_CASE("signed head: lines of a file, of which the last may not be whole yet") {
  const SignedHead head = first();
  const SignedHead next = after(head);
  const std::string lines = to_line(head) + "\n\n" + to_line(next) + "\n";
  CHECK(parse_heads(lines).value() == std::vector{head, next});
  CHECK(parse_heads(lines.substr(0, lines.size() - 1)).value() == std::vector{head, next});
  CHECK(parse_heads(lines.substr(0, lines.size() - 9)).value() == std::vector{head});
  CHECK(parse_heads("").value().empty());
  CHECK_FALSE(parse_heads("no head").ok());
  CHECK_FALSE(parse_heads("no head\n" + lines).ok());
}

TEST_CASE("signed head: what may follow") {
  const SignedHead head = first();
  CHECK(verify_succession(head, after(head)).ok());
  const auto refused = [&](auto&& change) {
    SignedHead next = after(head);
    change(next);
    return !verify_succession(head, next).ok();
  };
  CHECK(refused([](SignedHead& next) { next.ledger_id = "ledger-2"; }));
  CHECK(refused([](SignedHead& next) { next.number += 1; }));
  CHECK(refused([](SignedHead& next) { next.prev[0] ^= 1; }));
  CHECK(refused([](SignedHead& next) { next.at.micros -= 2; }));
  CHECK(refused([](SignedHead& next) { next.partitions.pop_back(); }));
  CHECK(refused([](SignedHead& next) { next.partitions[0].size = 5; }));
  CHECK(refused([](SignedHead& next) { next.partitions[0].commit = 7; }));
  // As many commits, and others.
  CHECK(refused([](SignedHead& next) { next.partitions[0].size = 6; }));
  CHECK_FALSE(refused([&](SignedHead& next) { next.partitions = head.partitions; }));
}

}  // namespace
