// Restoring: the same messages in fresh ledgers, and every kind of damage found before anything is
// written.
#include "replay/restore.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "replay/export.h"
#include "replay/verify.h"
#include "tests/support/cassette_process.h"
#include "tests/support/engine_rig.h"
#include "tests/support/small_market.h"
#include "tests/support/tape_ledgers.h"

using namespace cassette;
using namespace cassette::testing;
using eventstore::StoreError;
using test::ScratchFolder;

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

eventstore::NotaryKey key_of(std::uint8_t seed) {
  eventstore::NotarySeed bytes{};
  bytes[0] = seed;
  return eventstore::NotaryKey::from_seed(bytes);
}

replay::ExportManifest export_commits(const std::vector<eventstore::Ledger*>& ledgers,
                                      const fs::path& out,
                                      const eventstore::NotaryKey* key = nullptr) {
  replay::ExportOptions options;
  options.out = out;
  options.key = key;
  options.plan.rows = replay::ExportRows::Commits;
  options.plan.rows_per_file = 6;
  auto done = replay::export_ledgers(ledgers, options);
  REQUIRE_MESSAGE(done.ok(), done.error().what);
  return std::move(done).value().manifest;
}

class EmptyLedgers {
 public:
  explicit EmptyLedgers(std::uint32_t partitions) : memory_(partitions) {
    for (auto& each : memory_) borrowed_.push_back(&each);
  }
  const std::vector<eventstore::Ledger*>& all() const { return borrowed_; }

 private:
  std::vector<eventstore::MemoryLedger> memory_;
  std::vector<eventstore::Ledger*> borrowed_;
};

std::vector<eventstore::Message> messages_of(eventstore::Ledger& ledger) {
  std::vector<eventstore::Message> messages;
  const std::uint64_t last = ledger.last_sequence().value();
  for (std::uint64_t i = 1; i <= last; ++i) messages.push_back(*ledger.read(i).value());
  return messages;
}

void check_same(eventstore::Ledger& was, eventstore::Ledger& is) {
  const auto before = messages_of(was);
  const auto after = messages_of(is);
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    CAPTURE(before[i].sequence);
    CHECK(after[i].body == before[i].body);
    CHECK(after[i].addressed == before[i].addressed);
  }
}

// What the check says of the export after `change` was made to one of its files.
std::string found_after(const std::string& name,
                        const std::function<void(std::string& text)>& change) {
  TapeMaker tape = busy_market(2);
  const ScratchFolder scratch;
  export_commits(MemoryLedgers(tape_of(tape)).all(), scratch / "out");
  std::string text = text_of(scratch / "out" / name);
  REQUIRE_FALSE(text.empty());
  change(text);
  write(scratch / "out" / name, text);
  const auto checked = replay::check_export(scratch / "out", {});
  return checked.ok() ? "" : checked.error().what;
}

}  // namespace

TEST_CASE("restore: engines' ledgers come back message by message, with whom they address") {
  EngineRig rig({.partitions = 2});
  rig.start();
  const std::string vendor = rig.id_at(0, "v");
  const std::string other = rig.id_at(1, "v");
  stock_up(rig, vendor, "p1", 10);
  stock_up(rig, other, "p2", 10);
  for (const std::string& id : {rig.id_at(0, "near"), rig.id_at(1, "far")}) {
    domain::PlaceOrder order = order_of(id, vendor, "p1", 1);
    order.items.push_back({{other}, {"p2"}, 1, {}, {}});
    REQUIRE(std::holds_alternative<eventstore::Accepted>(rig.execute(order)));
    REQUIRE(rig.eventually(rig.home(id), [&](const domain::Marketplace& market) {
      const domain::Order* placed = market.order({id});
      return placed != nullptr && placed->confirmed && placed->at_rest();
    }));
  }
  rig.stop();
  const ScratchFolder scratch;
  const std::vector<eventstore::Ledger*> ledgers{&rig.ledger(0), &rig.ledger(1)};
  const auto manifest = export_commits(ledgers, scratch / "out");
  REQUIRE(replay::check_export(scratch / "out", {}).ok());
  const EmptyLedgers fresh(2);
  REQUIRE(replay::restore_ledgers(scratch / "out", manifest, fresh.all(), {}).ok());
  bool addressed = false;
  for (std::uint32_t p = 0; p < 2; ++p) {
    check_same(*ledgers[p], *fresh.all()[p]);
    for (const auto& message : messages_of(*fresh.all()[p])) {
      addressed = addressed || !message.addressed.empty();
    }
  }
  CHECK(addressed);
}

TEST_CASE("restore: void messages keep their places") {
  TapeMaker tape = busy_market(2);
  tape.put_raw(0, std::string("\n\0\xff by hand\n", 12));
  tape.put_raw(1, R"({"v":1})");
  tape.run(register_vendor("v3"));
  tape.run(register_vendor("v4"));
  const MemoryLedgers ledgers(tape_of(tape));
  const ScratchFolder scratch;
  const auto manifest = export_commits(ledgers.all(), scratch / "out");
  CHECK(manifest.ranges[0].void_messages == 1);
  const EmptyLedgers fresh(2);
  REQUIRE(replay::check_export(scratch / "out", {}).ok());
  const auto done = replay::restore_ledgers(scratch / "out", manifest, fresh.all(), {});
  REQUIRE_MESSAGE(done.ok(), done.error().what);
  for (std::uint32_t p = 0; p < 2; ++p) {
    const auto messages = messages_of(*fresh.all()[p]);
    REQUIRE(messages.size() == tape.bodies(p).size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
      CHECK(messages[i].body == tape.bodies(p)[i]);
    }
  }
  CHECK(replay::verify(fresh.all(), {}).verdict == replay::Verdict::Sound);
  const auto again = replay::restore_ledgers(scratch / "out", manifest, fresh.all(), {});
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().kind == StoreError::Kind::Mismatch);
  CHECK(again.error().what.starts_with("the ledger of partition 0 is not empty: it ends at 0:"));
}

TEST_CASE("restore: up to a time, and sound there") {
  const TapeMaker tape = busy_market(2);
  const MemoryLedgers ledgers(tape_of(tape));
  const ScratchFolder scratch;
  replay::ExportOptions options;
  options.out = scratch / "out";
  options.plan.rows = replay::ExportRows::Commits;
  options.plan.to = domain::format(tape.commits(0)[tape.commits(0).size() / 2].commit.at);
  const auto done = replay::export_ledgers(ledgers.all(), options);
  REQUIRE(done.ok());
  const auto& manifest = done.value().manifest;
  CHECK(manifest.ranges[0].last < tape.bodies(0).size());
  const EmptyLedgers fresh(2);
  REQUIRE(replay::check_export(scratch / "out", {}).ok());
  REQUIRE(replay::restore_ledgers(scratch / "out", manifest, fresh.all(), {}).ok());
  CHECK(replay::verify(fresh.all(), {}).verdict == replay::Verdict::Sound);
}

TEST_CASE("restore: an export of events is checked, and not put back") {
  const TapeMaker tape = busy_market(1);
  const ScratchFolder scratch;
  replay::ExportOptions options;
  options.out = scratch / "out";
  const auto done = replay::export_ledgers(MemoryLedgers(tape_of(tape)).all(), options);
  REQUIRE(done.ok());
  CHECK(replay::check_export(scratch / "out", {}).ok());
  const EmptyLedgers fresh(1);
  const auto put = replay::restore_ledgers(scratch / "out", done.value().manifest, fresh.all(), {});
  REQUIRE_FALSE(put.ok());
  CHECK(put.error().kind == StoreError::Kind::Unsupported);
}

TEST_CASE("restore: damage is found, with the file and the line") {
  const std::string file = "commits-1-00002.jsonl";
  CHECK(found_after(file, [](std::string&) {}) == "");
  // The hash of the third line is what the fourth names.
  CHECK(found_after(file, [](std::string& text) {
          const std::size_t at = text.find("\"at\":", text.find('\n', text.find('\n') + 1));
          text[at + 8] = text[at + 8] == '9' ? '8' : '9';
        }) != "");
  CHECK(found_after(file, [](std::string& text) {
          text.erase(0, text.find('\n') + 1);
        }).starts_with("commits-1-00002.jsonl"));
  CHECK(found_after(file, [](std::string& text) {
          text += "{\"v\":1}\n";
        }).starts_with("commits-1-00002.jsonl has 7 lines, and the manifest says 6"));
  CHECK(found_after(file, [](std::string& text) {
          text.pop_back();
        }).starts_with("commits-1-00002.jsonl has 5 lines"));
  CHECK(found_after(file, [](std::string& text) {
          text.insert(0, R"({"$message":{"hex":"x"}})"
                         "\n");
        }) == "commits-1-00002.jsonl line 1 is no message");
  CHECK(found_after("manifest.json", [](std::string& text) {
          const std::size_t at = text.find("\"commits\":") + 10;
          text[at] = text[at] == '9' ? '8' : '9';
        }).find("manifest") != std::string::npos);
  CHECK(found_after("manifest.json", [](std::string& text) {
          text += ' ';
        }).ends_with("is not as it was written"));
  CHECK(found_after("manifest.json", [](std::string& text) {
          const std::size_t at = text.find("\"sha256\":\"") + 10;
          text[at] = text[at] == 'a' ? 'b' : 'a';
        }).ends_with("its digest is not that of its files"));
  CHECK(found_after("manifest.json", [](std::string& text) {
          const std::size_t at = text.find("commits-0-00001.jsonl");
          text.replace(at, 21, "../../../../etc/group");
        }).find("manifest.json is wrong") != std::string::npos);
}

TEST_CASE("restore: who signed the manifest is asked for") {
  const TapeMaker tape = busy_market(1);
  const MemoryLedgers ledgers(tape_of(tape));
  const ScratchFolder scratch;
  const eventstore::NotaryKey key = key_of(1);
  export_commits(ledgers.all(), scratch / "signed", &key);
  export_commits(ledgers.all(), scratch / "plain");
  const auto check = [&](const std::string& name, std::vector<eventstore::NotaryPublicKey> keys) {
    replay::RestoreOptions options;
    options.keys = std::move(keys);
    const auto checked = replay::check_export(scratch / name, options);
    return checked.ok() ? "" : checked.error().what;
  };
  CHECK(check("signed", {}) == "");
  CHECK(check("signed", {key_of(2).public_key(), key.public_key()}) == "");
  CHECK(check("signed", {key_of(2).public_key()}).ends_with("which is not to be believed"));
  CHECK(check("plain", {}) == "");
  CHECK(check("plain", {key.public_key()}) == "the manifest is not signed");
  // The manifest of another export under this one's signature.
  std::string text = text_of(scratch / "signed" / "manifest.json");
  const std::size_t at = text.find("\"rowsPerFile\":6");
  REQUIRE(at != std::string::npos);
  text.replace(at, 15, "\"rowsPerFile\":7");
  write(scratch / "signed" / "manifest.json", text);
  CHECK(check("signed", {}).starts_with("the manifest's signature is not that of ed25519:"));
}
