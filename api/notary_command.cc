// Notary command: heads out of the NOTARY stream, proofs out of trees, and the check of either.
#include "api/notary_command.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "api/http/json_text.h"
#include "api/ledger_access.h"
#include "api/scratch_folder.h"
#include "eventstore/data_folder.h"
#include "replay/head_check.h"
#include "replay/notary.h"

namespace cassette::api {

using eventstore::CommitTree;
using eventstore::NotaryPublicKey;
using eventstore::Stored;
using eventstore::StoreError;
using replay::SignedHead;

namespace {

namespace fs = std::filesystem;

constexpr int kSound = 0;
constexpr int kUnsound = 1;
constexpr int kCouldNotRun = 2;

int could_not_run(const std::string& why) {
  spdlog::critical("{}", why);
  return kCouldNotRun;
}

bool print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::fflush(stdout) == 0;
}

Stored<std::vector<NotaryPublicKey>> given_keys(const std::vector<std::string>& texts) {
  std::vector<NotaryPublicKey> keys;
  for (const std::string& text : texts) {
    const auto some = eventstore::notary_public_keys_of(text);
    if (!some) return Failure{some.error()};
    keys.insert(keys.end(), some.value().begin(), some.value().end());
  }
  return keys;
}

// Those that were given, else those of the data folder; none: nobody is known.
Stored<std::vector<NotaryPublicKey>> known_keys(const HeadsSettings& settings) {
  const fs::path own = replay::notary_keys_file(settings.ledger.data);
  std::error_code error;
  const bool has_own = settings.ledger.nats_url.empty() && fs::exists(own, error);
  if (settings.keys.empty() && has_own) return given_keys({own.string()});
  return given_keys(settings.keys);
}

bool signed_by_one_of(const SignedHead& head, const std::vector<NotaryPublicKey>& keys) {
  const auto own = NotaryPublicKey::parse(head.key);
  if (!own || !replay::verify_signature(head, *own)) return false;
  return keys.empty() || std::ranges::find(keys, *own) != keys.end();
}

// A ledger, and the heads that the keys signed.
struct OpenedHeads {
  LedgerAccess access;
  std::vector<NotaryPublicKey> keys;
  std::vector<SignedHead> heads;
};

Stored<OpenedHeads> open_heads(const HeadsSettings& settings) {
  OpenedHeads opened;
  auto keys = known_keys(settings);
  if (!keys) return Failure{keys.error()};
  opened.keys = std::move(keys).value();
  if (opened.keys.empty()) {
    spdlog::warn(
        "no key is known, so heads are only held against the keys they name themselves: "
        "anybody can have signed them; --key says whose are believed");
  }
  auto access = open_ledger(settings.ledger);
  if (!access) return Failure{access.error()};
  opened.access = std::move(access).value();
  const auto there = opened.access.connection->has_notary_stream();
  if (!there) return Failure{there.error()};
  if (!there.value()) return opened;
  const auto stream = opened.access.connection->notary_stream();
  auto heads = replay::read_heads(
      *stream, [&](const SignedHead& head) { return signed_by_one_of(head, opened.keys); });
  if (!heads) return Failure{heads.error()};
  opened.heads = std::move(heads).value();
  return opened;
}

std::string row_of(const SignedHead& head) {
  std::string row = fmt::format("{}  {}", head.number, domain::format(head.at));
  for (std::uint32_t p = 0; p < head.partitions.size(); ++p) {
    row += "  " + eventstore::format(eventstore::Position{p, head.partitions[p].commit});
  }
  return row + "  " + head.key + "\n";
}

int list(const HeadsSettings& settings) {
  const auto opened = open_heads(settings);
  if (!opened) return could_not_run(opened.error().what);
  for (const SignedHead& head : opened.value().heads) {
    if (head.number <= settings.since) continue;
    if (!print(settings.json ? replay::to_line(head) + "\n" : row_of(head))) return kCouldNotRun;
  }
  replay::Findings findings;
  replay::check_signatures(opened.value().heads, opened.value().keys, findings);
  for (const replay::Finding& finding : findings.all()) {
    spdlog::error("{} at {}", finding.what, eventstore::format(finding.position));
  }
  return findings.all().empty() ? kSound : kUnsound;
}

// Trees of the data folder where they are what the head says, else made for the while.
class ScratchTrees {
 public:
  // `data` empty: there is none of this ledger.
  ScratchTrees(fs::path data, const fs::path& scratch)
      : data_(std::move(data)), scratch_(scratch) {}

  Stored<CommitTree> tree(std::uint32_t partition, eventstore::Ledger& ledger,
                          const replay::PartitionHead& end) const {
    if (!data_.empty()) {
      auto kept = CommitTree::open(eventstore::commit_tree_file(data_, partition),
                                   CommitTree::Access::Read);
      if (kept && replay::proves(kept.value(), end)) return kept;
    }
    spdlog::info("the tree of partition {} is read from the ledger", partition);
    const fs::path file = eventstore::commit_tree_file(scratch_, partition);
    auto made = CommitTree::open(file, CommitTree::Access::Write);
    if (!made) return made;
    auto fold = replay::TreeFold::begin(partition, ledger, std::move(made).value(), {});
    if (!fold) return Failure{fold.error()};
    if (const auto read = fold.value().read_to(end.commit); !read) return Failure{read.error()};
    if (const auto synced = fold.value().tree().sync(); !synced) return Failure{synced.error()};
    return std::move(fold.value().tree());
  }

 private:
  const fs::path data_;
  const fs::path scratch_;
};

const SignedHead* head_of(const std::vector<SignedHead>& heads, std::uint64_t number) {
  if (heads.empty()) return nullptr;
  if (number == 0) return &*std::ranges::max_element(heads, {}, &SignedHead::number);
  const auto found = std::ranges::find(heads, number, &SignedHead::number);
  return found == heads.end() ? nullptr : &*found;
}

int no_proof(const replay::NoProof& reason) {
  if (reason.kind == replay::NoProof::Kind::Failed) return could_not_run(reason.what);
  spdlog::error("no proof: {}", reason.what);
  return kUnsound;
}

int prove_commit(const HeadsSettings& settings, const OpenedHeads& opened, const SignedHead& head,
                 const ScratchTrees& trees) {
  const eventstore::Position position = eventstore::parse_position(settings.position).value();
  if (position.partition >= opened.access.ledgers.size() ||
      position.partition >= head.partitions.size()) {
    spdlog::error("no proof: there is no partition {}", position.partition);
    return kUnsound;
  }
  eventstore::Ledger& ledger = *opened.access.ledgers[position.partition];
  const auto tree = trees.tree(position.partition, ledger, head.partitions[position.partition]);
  if (!tree) return could_not_run(tree.error().what);
  const auto proof = replay::prove_inclusion(ledger, tree.value(), position, head);
  if (!proof) return no_proof(proof.error());
  return print(replay::to_json(replay::Proof(proof.value())) + "\n") ? kSound : kCouldNotRun;
}

int prove_since(const OpenedHeads& opened, const SignedHead& since, const SignedHead& head,
                const ScratchTrees& trees) {
  std::vector<CommitTree> made;
  for (std::uint32_t p = 0; p < opened.access.ledgers.size() && p < head.partitions.size(); ++p) {
    auto tree = trees.tree(p, *opened.access.ledgers[p], head.partitions[p]);
    if (!tree) return could_not_run(tree.error().what);
    made.push_back(std::move(tree).value());
  }
  std::vector<const CommitTree*> borrowed;
  for (const CommitTree& tree : made) borrowed.push_back(&tree);
  const auto proof = replay::prove_consistency(borrowed, since, head);
  if (!proof) return no_proof(proof.error());
  return print(replay::to_json(replay::Proof(proof.value())) + "\n") ? kSound : kCouldNotRun;
}

int prove(const HeadsSettings& settings) {
  const auto opened = open_heads(settings);
  if (!opened) return could_not_run(opened.error().what);
  const SignedHead* head = head_of(opened.value().heads, settings.head_number);
  if (head == nullptr) {
    spdlog::error("no proof: there is no {}", settings.head_number == 0
                                                  ? "signed head"
                                                  : fmt::format("head {}", settings.head_number));
    return kUnsound;
  }
  const auto scratch = ScratchFolder::make("prove");
  if (!scratch) return could_not_run(scratch.error().what);
  const bool has_data = settings.ledger.nats_url.empty();
  const ScratchTrees trees(has_data ? fs::path(settings.ledger.data) : fs::path(),
                           scratch.value()->path());
  if (!settings.position.empty()) return prove_commit(settings, opened.value(), *head, trees);
  const SignedHead* since = head_of(opened.value().heads, settings.since);
  if (since == nullptr) {
    spdlog::error("no proof: there is no head {}", settings.since);
    return kUnsound;
  }
  return prove_since(opened.value(), *since, *head, trees);
}

// What is wrong with the proof, its heads or their signatures; empty when nothing is.
std::string objection_to(const replay::Proof& proof, const std::vector<SignedHead>& trusted,
                         const std::vector<NotaryPublicKey>& keys) {
  const auto signature_objection = [&](const SignedHead& head) -> std::string {
    if (signed_by_one_of(head, keys)) return {};
    return fmt::format("head {} is not signed by the key", head.number);
  };
  const SignedHead& claimed =
      std::visit([](const auto& each) -> const SignedHead& { return each.head; }, proof);
  const auto* const both = std::get_if<replay::ConsistencyProof>(&proof);
  // Of two, the earlier is what somebody kept; the later is what it is to be shown to lead to.
  const SignedHead& kept = both != nullptr ? both->since : claimed;
  if (!trusted.empty() && std::ranges::find(trusted, kept) == trusted.end()) {
    return fmt::format("the proof {} head {}, which is not the one given",
                       both != nullptr ? "begins with" : "is about", kept.number);
  }
  if (std::string why = signature_objection(claimed); !why.empty()) return why;
  if (both != nullptr) {
    if (std::string why = signature_objection(both->since); !why.empty()) return why;
  }
  return std::visit([&](const auto& each) { return replay::objection(each, claimed); }, proof);
}

std::string said_of(const replay::Proof& proof) {
  if (const auto* both = std::get_if<replay::ConsistencyProof>(&proof)) {
    return fmt::format("head {} of {} goes on from head {} of {}", both->head.number,
                       domain::format(both->head.at), both->since.number,
                       domain::format(both->since.at));
  }
  const auto& one = std::get<replay::InclusionProof>(proof);
  return fmt::format("commit {} of ledger {} is below head {} of {}", one.position,
                     one.head.ledger_id, one.head.number, domain::format(one.head.at));
}

int check(const HeadsSettings& settings) {
  const auto keys = given_keys(settings.keys);
  if (!keys) return could_not_run(keys.error().what);
  std::vector<SignedHead> trusted;
  if (!settings.head_file.empty()) {
    const auto text = eventstore::read_file(settings.head_file);
    if (!text) return could_not_run(text.error().what);
    auto heads = replay::parse_heads(text.value());
    if (!heads) return could_not_run(settings.head_file + ": " + heads.error().what);
    if (heads.value().empty()) return could_not_run(settings.head_file + " holds no head");
    trusted = std::move(heads).value();
  }
  const auto text = eventstore::read_file(settings.proof_file);
  if (!text) return could_not_run(text.error().what);
  const auto proof = replay::parse_proof(text.value());
  if (!proof) return could_not_run(settings.proof_file + ": " + proof.error().what);
  const std::string why = objection_to(proof.value(), trusted, keys.value());
  const std::string_view verdict = why.empty() ? "sound" : "unsound";
  const std::string said = why.empty() ? said_of(proof.value()) : why;
  if (settings.json) {
    std::string body = "{";
    append_member(body, "verdict", verdict);
    append_member(body, "what", said);
    print(body + "}\n");
  } else {
    print(fmt::format("{}: {}\n", verdict, said));
  }
  return why.empty() ? kSound : kUnsound;
}

}  // namespace

int run_heads(const HeadsSettings& settings) {
  switch (settings.task) {
    case HeadsSettings::Task::List:
      return list(settings);
    case HeadsSettings::Task::Prove:
      return prove(settings);
    case HeadsSettings::Task::Check:
      return check(settings);
  }
  return kCouldNotRun;
}

}  // namespace cassette::api
