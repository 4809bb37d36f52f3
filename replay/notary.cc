// Notary: a head is signed, written to pending.json, stored in the stream, appended to the file,
// and only then forgotten there. So whatever a process that was killed had signed is what the next
// one goes on with, to the byte.
#include "replay/notary.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "domain/check.h"
#include "eventstore/data_folder.h"

namespace cassette::replay {

using eventstore::CommitTree;
using eventstore::Done;
using eventstore::NotaryPublicKey;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoreError;

namespace fs = std::filesystem;

namespace {

fs::path pending_file(const fs::path& data) {
  return data / "notary" / "pending.json";
}

Failure<StoreError> mismatch(std::string what) {
  return Failure{StoreError{StoreError::Kind::Mismatch, std::move(what)}};
}

// The listed keys, and `key` as the last.
Stored<std::vector<NotaryPublicKey>> keys_with(const fs::path& file, const NotaryPublicKey& key) {
  std::vector<NotaryPublicKey> keys;
  std::error_code error;
  if (fs::exists(file, error)) {
    auto listed = eventstore::notary_public_keys_of(file.string());
    if (!listed) return Failure{listed.error()};
    keys = std::move(listed).value();
  }
  if (!keys.empty() && keys.back() == key) return keys;
  if (!keys.empty()) spdlog::warn("the notary has another key now: {}", key.text());
  std::erase(keys, key);
  keys.push_back(key);
  std::string text;
  for (const NotaryPublicKey& each : keys) text += each.text() + "\n";
  if (const auto written = eventstore::replace_file(file, text); !written) {
    return Failure{written.error()};
  }
  return keys;
}

// A file that is no tree is emptied: what it should hold is in the ledger.
Stored<CommitTree> open_tree(const fs::path& file) {
  auto tree = CommitTree::open(file, CommitTree::Access::Write);
  if (tree || tree.error().kind != StoreError::Kind::Unsupported) return tree;
  spdlog::warn("{}: it is built anew", tree.error().what);
  std::error_code error;
  fs::resize_file(file, 0, error);
  if (error) return Failure{StoreError{StoreError::Kind::Unavailable, error.message()}};
  return CommitTree::open(file, CommitTree::Access::Write);
}

}  // namespace

fs::path heads_file(const fs::path& data) {
  return data / "notary" / "heads.jsonl";
}

fs::path notary_keys_file(const fs::path& data) {
  return data / "notary" / "keys";
}

Stored<std::unique_ptr<Notary>> Notary::open(NotaryParts parts) {
  auto log = HeadLog::open(heads_file(parts.data));
  if (!log) return Failure{log.error()};
  auto keys = keys_with(notary_keys_file(parts.data), parts.key.public_key());
  if (!keys) return Failure{keys.error()};
  return std::unique_ptr<Notary>(
      new Notary(std::move(parts), std::move(log).value(), std::move(keys).value()));
}

Notary::Notary(NotaryParts parts, std::unique_ptr<HeadLog> log, std::vector<NotaryPublicKey> keys)
    : parts_(std::move(parts)),
      log_(std::move(log)),
      keys_(std::move(keys)),
      stream_(*parts_.stream, [this](const SignedHead& head) { return is_ours(head); }) {}

bool Notary::is_ours(const SignedHead& head) const {
  if (head.ledger_id != parts_.ledger_id) return false;
  return std::ranges::any_of(
      keys_, [&](const NotaryPublicKey& key) { return verify_signature(head, key).ok(); });
}

std::string Notary::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

template <class T>
Stored<T> Notary::noted(Stored<T> outcome) {
  const std::lock_guard lock(mutex_);
  trouble_ = outcome ? std::string() : outcome.error().what;
  return outcome;
}

Stored<Done> Notary::recover() {
  return noted(try_recover());
}

Stored<std::uint64_t> Notary::behind() {
  return noted(count_behind());
}

Stored<std::optional<SignedHead>> Notary::sign(domain::Timestamp now, const std::stop_token& stop) {
  return noted(try_sign(now, stop));
}

Stored<Done> Notary::try_recover() {
  for (const auto step : {&Notary::reconcile, &Notary::take_pending, &Notary::open_trees}) {
    if (auto done = (this->*step)(); !done) return done;
  }
  foreign_ = stream_.foreign();
  recovered_.store(true, std::memory_order_release);
  return Done{};
}

// Of stream and file, either may lack the other's last heads; where both have one, it is the same.
Stored<Done> Notary::reconcile() {
  const auto found = stream_.read_back(log_->count());
  if (!found) return Failure{found.error()};
  std::uint64_t streamed = 0;
  for (const SignedHead& head : found.value()) {
    streamed = head.number;
    if (head.number > log_->count()) {
      if (auto logged = log(head); !logged) return logged;
      continue;
    }
    const auto same = log_->head(head.number);
    if (!same) return Failure{same.error()};
    if (!same.value() || *same.value() != head) {
      return mismatch(fmt::format("{} and {} have different heads {}", kNotaryStream,
                                  heads_file(parts_.data).string(), head.number));
    }
  }
  while (streamed < log_->count()) {
    const auto missing = log_->head(++streamed);
    if (!missing) return Failure{missing.error()};
    if (auto stored = stream_.publish(*missing.value()); !stored) return stored;
  }
  auto last = log_->last();
  if (!last) return Failure{last.error()};
  last_ = std::move(last).value();
  if (last_ && !is_ours(*last_)) {
    return mismatch(fmt::format("{} ends with a head of another ledger or an unknown key",
                                heads_file(parts_.data).string()));
  }
  return Done{};
}

Stored<Done> Notary::take_pending() {
  const fs::path file = pending_file(parts_.data);
  std::error_code error;
  if (!fs::exists(file, error)) return Done{};
  const auto text = eventstore::read_file(file);
  if (!text) return Failure{text.error()};
  auto head = parse_head(text.value());
  if (!head) return Failure{head.error()};
  if (!is_ours(head.value())) return mismatch(file.string() + " holds a head of somebody else");
  const auto logged = log_->head(head.value().number);
  if (!logged) return Failure{logged.error()};
  if (logged.value() && *logged.value() != head.value()) {
    return mismatch(fmt::format("{} is another head {} than the one that was stored", file.string(),
                                head.value().number));
  }
  return store(head.value());
}

Stored<Done> Notary::open_trees() {
  std::vector<TreeFold> folds;
  if (last_ && last_->partitions.size() != parts_.ledgers.size()) {
    return mismatch("the last signed head has other partitions than the ledger");
  }
  for (std::uint32_t p = 0; p < parts_.ledgers.size(); ++p) {
    auto tree = open_tree(eventstore::commit_tree_file(parts_.data, p));
    if (!tree) return Failure{tree.error()};
    const PartitionHead base = last_ ? last_->partitions[p] : PartitionHead{};
    auto fold = TreeFold::begin(p, *parts_.ledgers[p], std::move(tree).value(), base);
    if (!fold) return Failure{fold.error()};
    folds.push_back(std::move(fold).value());
  }
  folds_ = std::move(folds);
  return Done{};
}

Stored<std::uint64_t> Notary::count_behind() {
  CHECK(recovered());
  std::uint64_t messages = 0;
  for (std::size_t p = 0; p < folds_.size(); ++p) {
    const auto last = parts_.ledgers[p]->last_sequence();
    if (!last) return Failure{last.error()};
    const std::uint64_t covered = last_ ? last_->partitions[p].commit : 0;
    messages += last.value() - std::min(last.value(), covered);
  }
  return messages;
}

// A head is closed under `seen`: what a commit of it has seen of another partition is in it too.
// Ends: what was seen was there before.
Stored<Done> Notary::read_all(const std::stop_token& stop) {
  for (std::uint32_t p = 0; p < folds_.size(); ++p) {
    if (auto same = folds_[p].check_ledger(); !same) return same;
    if (auto taken = folds_[p].take(known_.take(p)); !taken) return taken;
    const auto last = parts_.ledgers[p]->last_sequence();
    if (!last) return Failure{last.error()};
    if (auto read = folds_[p].read_to(last.value(), stop); !read) return read;
  }
  for (bool closed = false; !closed;) {
    closed = true;
    for (std::size_t from = 0; from < folds_.size(); ++from) {
      for (const auto& [p, commit] : folds_[from].seen()) {
        if (p >= folds_.size() || folds_[p].read() >= commit) continue;
        if (auto read = folds_[p].read_to(commit, stop); !read) return read;
        closed = false;
      }
    }
  }
  for (TreeFold& fold : folds_) {
    if (auto synced = fold.tree().sync(); !synced) return synced;
  }
  return Done{};
}

SignedHead Notary::next_head(domain::Timestamp now) const {
  SignedHead head;
  head.ledger_id = parts_.ledger_id;
  head.number = last_ ? last_->number + 1 : 1;
  head.at = last_ ? std::max(now, last_->at) : now;
  if (last_) head.prev = hash_of(*last_);
  for (const TreeFold& fold : folds_) {
    head.partitions.push_back(fold.head());
    head.at = std::max(head.at, fold.latest());
  }
  return head;
}

Stored<std::optional<SignedHead>> Notary::try_sign(domain::Timestamp now,
                                                   const std::stop_token& stop) {
  CHECK(recovered());
  if (pending_) {
    if (const auto stored = store(SignedHead(*pending_)); !stored) return Failure{stored.error()};
  }
  if (const auto read = read_all(stop); !read) return Failure{read.error()};
  SignedHead head = next_head(now);
  const bool empty = std::ranges::all_of(head.partitions,
                                         [](const PartitionHead& each) { return each.size == 0; });
  if (last_ ? head.partitions == last_->partitions : empty) return std::optional<SignedHead>();
  if (last_) {
    if (const auto follows = verify_succession(*last_, head); !follows) {
      return Failure{follows.error()};
    }
  }
  head = replay::sign(std::move(head), parts_.key);
  const auto kept = eventstore::replace_file(pending_file(parts_.data), to_line(head) + "\n");
  if (!kept) return Failure{kept.error()};
  if (const auto stored = store(head); !stored) return Failure{stored.error()};
  return std::optional(std::move(head));
}

// Of a head in pending.json.
Stored<Done> Notary::store(const SignedHead& head) {
  pending_ = head;
  if (auto stored = stream_.publish(head); !stored) return stored;
  foreign_ = stream_.foreign();
  if (head.number > log_->count()) {
    if (auto logged = log(head); !logged) return logged;
  }
  std::error_code error;
  fs::remove(pending_file(parts_.data), error);
  pending_.reset();
  return Done{};
}

Stored<Done> Notary::log(const SignedHead& head) {
  const auto before = log_->last();
  if (!before) return Failure{before.error()};
  if (before.value()) {
    if (auto follows = verify_succession(*before.value(), head); !follows) return follows;
  } else if (head.number != 1) {
    return mismatch(fmt::format("there is a head {}, and none before it", head.number));
  }
  if (auto appended = log_->append(head); !appended) return appended;
  last_ = head;
  return Done{};
}

Result<SignedHead, NoProof> Notary::head_of(std::uint64_t number) const {
  if (!recovered()) {
    return Failure{NoProof{NoProof::Kind::Failed, "the notary has not read its heads yet"}};
  }
  auto head = number == 0 ? log_->last() : log_->head(number);
  if (!head) return Failure{NoProof{NoProof::Kind::Failed, head.error().what}};
  if (!head.value()) {
    return Failure{NoProof{
        NoProof::Kind::NoSuchHead,
        number == 0 ? "no head was signed yet" : fmt::format("there is no head {}", number)}};
  }
  return std::move(*head.value());
}

Result<InclusionProof, NoProof> Notary::prove(Position position, std::uint64_t number) const {
  const auto head = head_of(number);
  if (!head) return Failure{head.error()};
  if (position.partition >= folds_.size()) {
    return Failure{NoProof{NoProof::Kind::NoSuchCommit,
                           fmt::format("there is no partition {}", position.partition)}};
  }
  return prove_inclusion(*parts_.ledgers[position.partition], folds_[position.partition].tree(),
                         position, head.value());
}

Result<ConsistencyProof, NoProof> Notary::prove_since(std::uint64_t since,
                                                      std::uint64_t number) const {
  const auto old_head = head_of(since);
  if (!old_head) return Failure{old_head.error()};
  const auto head = head_of(number);
  if (!head) return Failure{head.error()};
  std::vector<const CommitTree*> trees;
  for (const TreeFold& fold : folds_) trees.push_back(&fold.tree());
  return prove_consistency(trees, old_head.value(), head.value());
}

}  // namespace cassette::replay
