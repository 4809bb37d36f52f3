// Exports: every wanted event once, in files that their manifest answers for; broken off anywhere
// and begun again the same bytes; and refused where they would be anything else.
#include "replay/export.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>

#include "eventstore/codec.h"
#include "eventstore/data_folder.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"
#include "replay/export_message.h"
#include "replay/export_row.h"
#include "replay/restore.h"
#include "tests/support/cassette_process.h"
#include "tests/support/small_market.h"
#include "tests/support/tape_ledgers.h"

using namespace cassette;
using namespace cassette::testing;
using eventstore::StoreError;
using replay::ExportOptions;
using test::ScratchFolder;

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Every file of a folder, by name.
std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files[entry.path().filename().string()] = text_of(entry.path());
  }
  return files;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    REQUIRE(end != std::string::npos);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

ExportOptions into(const fs::path& out, std::uint64_t rows_per_file = 1000) {
  ExportOptions options;
  options.out = out;
  options.plan.rows_per_file = rows_per_file;
  return options;
}

replay::ExportManifest exported(const std::vector<eventstore::Ledger*>& ledgers,
                                const ExportOptions& options) {
  auto done = replay::export_ledgers(ledgers, options);
  REQUIRE_MESSAGE(done.ok(), done.error().what);
  CHECK_FALSE(done.value().was_there);
  return std::move(done).value().manifest;
}

StoreError refused(const std::vector<eventstore::Ledger*>& ledgers, const ExportOptions& options) {
  auto done = replay::export_ledgers(ledgers, options);
  REQUIRE_FALSE(done.ok());
  return done.error();
}

// The ids of all rows of the files, in order.
std::vector<std::string> ids_of(const fs::path& folder, const replay::ExportManifest& manifest) {
  std::vector<std::string> ids;
  for (const auto& file : manifest.files) {
    for (const std::string& line : lines_of(text_of(folder / file.name))) {
      replay::ExportRow row;
      REQUIRE(eventstore::read_json(line, row));
      ids.push_back(row.id);
    }
  }
  return ids;
}

// Of all events of the tape, or of those that `wanted` says.
std::vector<std::string> ids_of(
    const TapeMaker& tape,
    const std::function<bool(const eventstore::StoredCommit&, const domain::Event&)>& wanted = {}) {
  std::vector<std::string> ids;
  for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
    for (const auto& stored : tape.commits(p)) {
      for (std::uint32_t i = 0; i < stored.commit.events.size(); ++i) {
        if (wanted && !wanted(stored, stored.commit.events[i].event)) continue;
        ids.push_back(format(eventstore::EventRef{stored.position, i}));
      }
    }
  }
  return ids;
}

// A ledger whose readers fail after message `last`, as if the process ended there.
class CutLedger : public eventstore::Ledger {
 public:
  CutLedger(eventstore::Ledger& ledger, std::uint64_t last) : ledger_(ledger), last_(last) {}

  eventstore::AppendResult append(std::uint64_t, std::string_view,
                                  const std::vector<std::uint32_t>&,
                                  std::chrono::milliseconds) override {
    return {};
  }
  eventstore::Stored<std::uint64_t> last_sequence() override { return ledger_.last_sequence(); }
  eventstore::Stored<std::optional<eventstore::Message>> read(std::uint64_t sequence) override {
    return ledger_.read(sequence);
  }
  eventstore::Stored<std::unique_ptr<eventstore::LedgerReader>> follow(
      std::uint64_t from) override {
    auto reader = ledger_.follow(from);
    return std::unique_ptr<eventstore::LedgerReader>(
        std::make_unique<Reader>(std::move(reader).value(), last_));
  }

 private:
  class Reader : public eventstore::LedgerReader {
   public:
    Reader(std::unique_ptr<eventstore::LedgerReader> reader, std::uint64_t last)
        : reader_(std::move(reader)), last_(last) {}
    eventstore::Stored<std::vector<eventstore::Message>> next(
        std::chrono::milliseconds timeout) override {
      auto messages = reader_->next(timeout);
      std::erase_if(messages.value(), [this](const auto& each) { return each.sequence > last_; });
      if (!messages.value().empty()) return messages;
      return Failure{StoreError{StoreError::Kind::Corrupt, "cut"}};
    }
    void interrupt() override { reader_->interrupt(); }

   private:
    std::unique_ptr<eventstore::LedgerReader> reader_;
    const std::uint64_t last_;
  };

  eventstore::Ledger& ledger_;
  const std::uint64_t last_;
};

// A ledger that ends at `shown` until it is followed: what is behind was appended meanwhile.
class GrowingLedger : public CutLedger {
 public:
  GrowingLedger(eventstore::Ledger& ledger, std::uint64_t shown)
      : CutLedger(ledger, UINT64_MAX), shown_(shown) {}

  eventstore::Stored<std::uint64_t> last_sequence() override {
    if (!followed_) return shown_;
    return CutLedger::last_sequence();
  }
  eventstore::Stored<std::unique_ptr<eventstore::LedgerReader>> follow(
      std::uint64_t from) override {
    followed_ = true;
    return CutLedger::follow(from);
  }

 private:
  const std::uint64_t shown_;
  std::atomic<bool> followed_ = false;
};

}  // namespace

TEST_CASE("export: every event once, and a manifest that answers for the files") {
  const TapeMaker tape = busy_market(2);
  const MemoryLedgers ledgers(tape_of(tape));
  const ScratchFolder scratch;
  const auto manifest = exported(ledgers.all(), into(scratch / "out", 20));
  CHECK(ids_of(scratch / "out", manifest) == ids_of(tape));
  CHECK(manifest.ledger_id == "ledger-of-tests");
  CHECK(manifest.files.size() > 4);
  std::string sums;
  for (const auto& file : manifest.files) {
    const std::string text = text_of(scratch / "out" / file.name);
    CHECK(file.bytes == text.size());
    CHECK(file.rows == lines_of(text).size());
    CHECK(file.sha256 == eventstore::hash_of(text));
    sums += eventstore::hex(file.sha256) + "  " + file.name + "\n";
  }
  CHECK(manifest.digest == eventstore::hash_of(sums));
  for (std::uint32_t p = 0; p < 2; ++p) {
    const auto& range = manifest.ranges[p];
    CHECK(range.after == 0);
    CHECK(range.last == tape.bodies(p).size());
    CHECK(range.hash == tape.commits(p).back().hash);
    CHECK(range.commits == tape.commits(p).size());
  }
  CHECK(files_of(scratch / "out").size() == manifest.files.size() + 1);
  const auto read = replay::read_manifest(scratch / "out");
  REQUIRE(read.ok());
  CHECK(read.value().manifest == manifest);
  CHECK(replay::check_export(scratch / "out", {}).ok());
}

TEST_CASE("export: a row has the commit, who, why and the whole event") {
  const TapeMaker tape = busy_market(1);
  const MemoryLedgers ledgers(tape_of(tape));
  const ScratchFolder scratch;
  const auto manifest = exported(ledgers.all(), into(scratch / "out"));
  const auto lines = lines_of(text_of(scratch / "out" / manifest.files.at(0).name));
  const auto placed = std::ranges::find_if(lines, [](const std::string& line) {
    return line.find(R"("type":"OrderPlaced","by":"admin","command":"key-0")") != std::string::npos;
  });
  REQUIRE(placed != lines.end());
  replay::ExportRow row;
  REQUIRE(eventstore::read_json(*placed, row));
  const auto& stored = tape.commits().at(row.commit - 1);
  CHECK(row.hash == stored.hash);
  CHECK(row.at == stored.commit.at);
  CHECK(row.event == stored.commit.events.at(row.index).event);
  CHECK(row.order_id == "both-0");
  REQUIRE(eventstore::read_json(*(placed + 1), row));
  CHECK(row.type == "StockReserved");
  CHECK(row.vendor_id == "v1");
  CHECK(row.cause == row.position + ":0");
}

TEST_CASE("export: broken off at any message and begun again, the same bytes") {
  const TapeMaker tape = busy_market(2);
  const MemoryLedgers ledgers(tape_of(tape));
  for (const auto format : {replay::ExportFormat::Jsonl, replay::ExportFormat::Csv}) {
    const ScratchFolder scratch;
    ExportOptions whole = into(scratch / "whole", 7);
    whole.plan.format = format;
    exported(ledgers.all(), whole);
    const auto expected = files_of(scratch / "whole");
    for (std::uint64_t last = 0; last <= tape.bodies(0).size(); last += 3) {
      ExportOptions options = into(scratch / ("cut-" + std::to_string(last)), 7);
      options.plan.format = format;
      for (const std::uint64_t further : {last, last + 2}) {
        CutLedger first(*ledgers.all()[0], further);
        CutLedger second(*ledgers.all()[1], further + 5);
        const auto done =
            replay::export_ledgers(std::vector<eventstore::Ledger*>{&first, &second}, options);
        if (further < tape.bodies(0).size()) REQUIRE_FALSE(done.ok());
        if (!done.ok()) CHECK_FALSE(fs::exists(options.out / "manifest.json"));
      }
      REQUIRE(replay::export_ledgers(ledgers.all(), options).ok());
      CHECK(files_of(options.out) == expected);
    }
  }
}

TEST_CASE("export: finished once, it is there and stays as it is") {
  TapeMaker tape = busy_market(1);
  const ScratchFolder scratch;
  exported(MemoryLedgers(tape_of(tape)).all(), into(scratch / "out"));
  const auto before = files_of(scratch / "out");
  tape.run(register_vendor("v3"));
  const MemoryLedgers longer(tape_of(tape));
  const auto again = replay::export_ledgers(longer.all(), into(scratch / "out"));
  REQUIRE(again.ok());
  CHECK(again.value().was_there);
  CHECK(files_of(scratch / "out") == before);
  ExportOptions other = into(scratch / "out");
  other.plan.vendor = "v1";
  const StoreError error = refused(longer.all(), other);
  CHECK(error.kind == StoreError::Kind::Mismatch);
  CHECK(error.what.find("--vendor was '' and is 'v1'") != std::string::npos);
}

TEST_CASE("export: another plan, another ledger and other files are refused by name") {
  const TapeMaker tape = busy_market(1);
  const MemoryLedgers ledgers(tape_of(tape));
  const ScratchFolder scratch;
  CutLedger cut(*ledgers.all()[0], 9);
  CHECK(refused({&cut}, into(scratch / "out", 5)).what == "cut");
  CHECK(refused(ledgers.all(), into(scratch / "out", 6)).what.find("--rows-per-file was '5'") !=
        std::string::npos);
  TapeMaker changed;
  changed.wait(1'000'000);
  while (changed.bodies().size() < 20) {
    changed.run(register_vendor("v" + std::to_string(changed.bodies().size())));
  }
  CHECK(refused(MemoryLedgers(tape_of(changed)).all(), into(scratch / "out", 5)).kind ==
        StoreError::Kind::Mismatch);
  fs::create_directory(scratch / "other");
  std::ofstream(scratch / "other" / "letter.txt") << "mine";
  CHECK(refused(ledgers.all(), into(scratch / "other")).what.find("letter.txt") !=
        std::string::npos);
  const fs::path state = scratch / "out" / "export.json";
  const std::string kept = eventstore::read_file(state).value();
  std::string doctored = kept;
  doctored.replace(doctored.find("\"partition\":0"), 13, "\"partition\":7");
  std::ofstream(state) << doctored;
  CHECK(refused(ledgers.all(), into(scratch / "out", 5)).what.ends_with("ranges in disorder"));
  std::ofstream(state) << kept;
  fs::remove(scratch / "out" / "events-0-00001.jsonl");
  CHECK(refused(ledgers.all(), into(scratch / "out", 5)).what.find("events-0-00001.jsonl is not") !=
        std::string::npos);
}

TEST_CASE("export: by vendor, by type, and from and to a moment") {
  const TapeMaker tape = busy_market(2);
  const MemoryLedgers ledgers(tape_of(tape));
  const ScratchFolder scratch;
  int count = 0;
  const auto ids = [&](const std::function<void(replay::ExportPlan&)>& change) {
    ExportOptions options = into(scratch / std::to_string(++count));
    change(options.plan);
    return ids_of(options.out, exported(ledgers.all(), options));
  };
  CHECK(ids([](auto& plan) {
          plan.types = {"StockReserved", "OrderPlaced"};
        }) == ids_of(tape, [](const auto&, const domain::Event& event) {
          return type_of(event) == "StockReserved" || type_of(event) == "OrderPlaced";
        }));
  CHECK(ids([](auto& plan) { plan.vendor = "v2"; }) ==
        ids_of(tape, [](const auto&, const domain::Event& event) {
          return eventstore::to_json(event).find(R"("v2")") != std::string::npos;
        }));
  const std::uint32_t home = tape.home("confirmed");
  const auto& middle = tape.commits(home)[tape.commits(home).size() / 2];
  CHECK(ids([&](auto& plan) { plan.from = domain::format(middle.commit.at); }) ==
        ids_of(tape, [&](const auto& stored, const auto&) {
          return stored.commit.at >= middle.commit.at;
        }));
  CHECK(ids([&](auto& plan) { plan.to = domain::format(middle.commit.at); }) ==
        ids_of(tape, [&](const auto& stored, const auto&) {
          return stored.commit.at <= middle.commit.at;
        }));
  CHECK(ids([](auto& plan) { plan.from = "0:3", plan.to = "0:5,1:2"; }) ==
        ids_of(tape, [](const auto& stored, const auto&) {
          const auto [partition, commit] = stored.position;
          return partition == 0 ? commit > 3 && commit <= 5 : commit <= 2;
        }));
}

TEST_CASE("export: a plan that makes no sense is refused by the flag's name") {
  const TapeMaker tape = small_market();
  const MemoryLedgers ledgers(tape_of(tape));
  const ScratchFolder scratch;
  const auto why = [&](const std::function<void(replay::ExportPlan&)>& change) {
    ExportOptions options = into(scratch / "out");
    change(options.plan);
    return refused(ledgers.all(), options).what;
  };
  CHECK(why([](auto& plan) { plan.types = {"OrderEaten"}; }).starts_with("--types names"));
  CHECK(why([](auto& plan) { plan.from = "yesterday"; }).starts_with("--from takes"));
  CHECK(why([](auto& plan) { plan.to = "0:1,0:2"; }).starts_with("--to takes"));
  CHECK(why([](auto& plan) { plan.to = "0:999"; }) ==
        "the ledger of partition 0 ends at 0:" + std::to_string(tape.bodies().size()));
  CHECK(why([](auto& plan) { plan.from = "7:1"; }) == "there is no partition 7: the ledger has 1");
  const auto commits = [&](const std::function<void(replay::ExportPlan&)>& change) {
    return why([&](auto& plan) {
      plan.rows = replay::ExportRows::Commits;
      change(plan);
    });
  };
  CHECK(commits([](auto& plan) { plan.vendor = "v1"; }).ends_with("not with --vendor"));
  CHECK(commits([](auto& plan) { plan.from = "0:1"; }).ends_with("not with --from"));
  CHECK(commits([](auto& plan) { plan.to = "0:1"; }).ends_with("--to takes a time"));
  CHECK(commits([](auto& plan) {
          plan.format = replay::ExportFormat::Csv;
        }).ends_with("as jsonl only"));
}

// Partition 1 had seen commits of partition 0 that came after that one's end was read.
TEST_CASE("export: goes on to what the partitions have seen of one another") {
  const TapeMaker tape = busy_market(2);
  const MemoryLedgers ledgers(tape_of(tape));
  const ScratchFolder scratch;
  GrowingLedger early(*ledgers.all()[0], 4);
  const std::vector<eventstore::Ledger*> both{&early, ledgers.all()[1]};
  const auto manifest = exported(both, into(scratch / "out"));
  std::uint64_t seen = 0;
  for (const auto& stored : tape.commits(1)) {
    const auto found = stored.commit.seen.find(0);
    if (found != stored.commit.seen.end()) seen = std::max(seen, found->second.commit);
  }
  REQUIRE(seen > 4);
  CHECK(manifest.ranges[0].last >= seen);
  CHECK(manifest.files.size() == 3);
}

TEST_CASE("export: personal data of who was erased stays out, and is not guessed at") {
  TapeMaker tape = small_market();
  domain::PlaceOrder order = place_order("o9", {item("v1", "p1", 1)});
  order.shipping_address = {"customer:c9|shippingAddress|c2VhbGVk"};
  tape.run(order);
  const MemoryLedgers ledgers(tape_of(tape));
  const ScratchFolder scratch;
  ExportOptions options = into(scratch / "out");
  options.is_erased = [](std::string_view) { return std::nullopt; };
  const StoreError error = refused(ledgers.all(), options);
  CHECK(error.kind == StoreError::Kind::Unavailable);
  CHECK(error.what == "whether customer:c9 was erased can't be found out");
  options.is_erased = [](std::string_view subject) { return subject == "customer:c9"; };
  exported(ledgers.all(), options);
  const std::string text = text_of(scratch / "out" / "events-0-00001.jsonl");
  CHECK(text.find("c2VhbGVk") == std::string::npos);
  CHECK(text.find("(erased)") != std::string::npos);
}

TEST_CASE("export: CSV has the same rows, quoted as RFC 4180 says") {
  TapeMaker tape = busy_market(1);
  tape.run(domain::NoteSubOrder{{"both-0"}, {"v2"}, "say \"hi\",\r\nplease", {}});
  const MemoryLedgers ledgers(tape_of(tape));
  const ScratchFolder scratch;
  ExportOptions options = into(scratch / "out");
  options.plan.format = replay::ExportFormat::Csv;
  const auto manifest = exported(ledgers.all(), options);
  const std::string text = text_of(scratch / "out" / manifest.files.at(0).name);
  CHECK(text.starts_with("id,position,partition,commit,index,hash,at,occurredAt,type,by,"));
  CHECK(text.find(R"("{""type"":""SubOrderNoted"",""orderId"":""both-0"",""vendorId"":""v2"",)"
                  R"(""note"":""say \""hi\"",\r\nplease""}")") != std::string::npos);
  std::string line;
  replay::ExportRow row;
  row.by = "a\r\nb";
  replay::append_csv(line, row);
  CHECK(line.find(",\"a\r\nb\",") != std::string::npos);
  CHECK(line.ends_with("\r\n"));
}

TEST_CASE("export: a program makes the files where the format asks for one") {
  const TapeMaker tape = busy_market(1);
  const MemoryLedgers ledgers(tape_of(tape));
  const ScratchFolder scratch;
  const auto program = [&](const std::string& name, const std::string& text) {
    std::ofstream(scratch / name) << "#!/bin/sh\n" << text << "\n";
    fs::permissions(scratch / name, fs::perms::owner_all);
    return (scratch / name).string();
  };
  ExportOptions options = into(scratch / "out", 30);
  options.plan.format = replay::ExportFormat::Parquet;
  options.parquet_writer = (scratch / "nowhere").string();
  CHECK(refused(ledgers.all(), options).kind == StoreError::Kind::Unsupported);
  options.parquet_writer = program("fails", "cat >\"$1\"; exit 3");
  CHECK(refused(ledgers.all(), options).what.ends_with("ended with status 3"));
  options.parquet_writer = program("leaves", "exit 0");
  refused(ledgers.all(), options);
  CHECK_FALSE(fs::exists(scratch / "out" / "events-0-00001.parquet"));
  options.parquet_writer = program("copies", "cat >\"$1\"");
  const auto manifest = exported(ledgers.all(), options);
  CHECK(manifest.files.at(0).name == "events-0-00001.parquet");
  CHECK(ids_of(scratch / "out", manifest) == ids_of(tape));
  CHECK(replay::check_export(scratch / "out", {}).ok());
}

TEST_CASE("export: a message is a line, and back") {
  const auto roundtrip = [](const std::string& body, bool commit) {
    std::string line;
    replay::append_message(line, body, commit);
    CHECK(std::ranges::count(line, '\n') == 1);
    line.pop_back();
    CHECK(replay::message_of(line) == body);
    return line;
  };
  CHECK(roundtrip(R"({"v":1})", true) == R"({"v":1})");
  CHECK(roundtrip("{\"v\":\n1}", true).starts_with(R"({"$message":{"hex":"7b22)"));
  CHECK(roundtrip("by hand", false).starts_with(R"({"$message":)"));
  CHECK(roundtrip(std::string("\0\xff", 2), false) == R"({"$message":{"hex":"00ff"}})");
  roundtrip("", false);
  CHECK_FALSE(replay::message_of(R"({"$message":{"hex":"0"}})"));
  CHECK_FALSE(replay::message_of(R"({"$message":{"hex":"0g"}})"));
  CHECK_FALSE(replay::message_of(R"({"$message":{"hex":"00)"));
}
