// Notary: keeps a Merkle tree of each partition's commits and signs heads over them, each of which
// extends the one before. It appends to the NOTARY stream and to its own files, never to a ledger;
// and it never signs what does not go on from what it has signed.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "eventstore/ledger.h"
#include "eventstore/notary_key.h"
#include "replay/head_log.h"
#include "replay/head_stream.h"
#include "replay/proof.h"
#include "replay/tree_fold.h"

namespace cassette::replay {

struct NotaryParts {
  std::vector<eventstore::Ledger*> ledgers;  // all partitions in their order; outlive the notary
  eventstore::Ledger* stream = nullptr;      // NOTARY; outlives the notary
  std::filesystem::path data;                // the folder whose `notary` the files are in
  std::string ledger_id;
  eventstore::NotaryKey key;
};

// DATA/notary: heads.jsonl, P.tree, keys, and pending.json while a head is on its way.
std::filesystem::path heads_file(const std::filesystem::path& data);
std::filesystem::path notary_keys_file(const std::filesystem::path& data);

// `recover`, `sign` and `behind` are for one thread; everything else is for any.
class Notary {
 public:
  // Reads its files and adds its key to the list of keys. Failures: Unavailable, Full, Corrupt.
  static eventstore::Stored<std::unique_ptr<Notary>> open(NotaryParts parts);
  Notary(const Notary&) = delete;
  Notary& operator=(const Notary&) = delete;

  // Makes file and stream agree, finishes a head that was on its way when a process ended, and
  // finds each tree or begins it anew. To be repeated until it succeeds. Mismatch when file,
  // stream and ledgers contradict one another: then a person must look.
  eventstore::Stored<eventstore::Done> recover();
  // A valid commit that this process has read anyway, and the notary need not read any more. Any
  // thread; does not block.
  void know(const eventstore::StoredCommit& commit) { known_.offer(commit); }

  // Why the last `recover`, `behind` or `sign` failed; empty when it did not.
  std::string trouble() const;
  bool recovered() const { return recovered_.load(std::memory_order_acquire); }

  // Messages of the ledgers that no head covers yet. Once recovered. A round trip a partition.
  eventstore::Stored<std::uint64_t> behind();
  // Reads what there is by now, and signs and stores a head over it, at `now`. Nothing when the
  // last one says it all. Once recovered. What comes of a failure is taken up by the next call: a
  // head that was signed is stored before there is another.
  eventstore::Stored<std::optional<SignedHead>> sign(domain::Timestamp now,
                                                     const std::stop_token& stop = {});

  const HeadLog& heads() const { return *log_; }
  // All that signed heads of this ledger here, the one that signs now last.
  const std::vector<eventstore::NotaryPublicKey>& keys() const { return keys_; }
  // Messages of the stream that are no heads of these keys.
  std::uint64_t foreign() const { return foreign_; }

  // Against the head of that number; 0: the last one.
  Result<InclusionProof, NoProof> prove(eventstore::Position position, std::uint64_t head) const;
  Result<ConsistencyProof, NoProof> prove_since(std::uint64_t since, std::uint64_t head) const;

 private:
  Notary(NotaryParts parts, std::unique_ptr<HeadLog> log,
         std::vector<eventstore::NotaryPublicKey> keys);

  bool is_ours(const SignedHead& head) const;
  template <class T>
  eventstore::Stored<T> noted(eventstore::Stored<T> outcome);
  eventstore::Stored<eventstore::Done> try_recover();
  eventstore::Stored<std::uint64_t> count_behind();
  eventstore::Stored<std::optional<SignedHead>> try_sign(domain::Timestamp now,
                                                         const std::stop_token& stop);
  eventstore::Stored<eventstore::Done> reconcile();
  eventstore::Stored<eventstore::Done> take_pending();
  eventstore::Stored<eventstore::Done> open_trees();
  eventstore::Stored<eventstore::Done> read_all(const std::stop_token& stop);
  SignedHead next_head(domain::Timestamp now) const;
  eventstore::Stored<eventstore::Done> store(const SignedHead& head);
  eventstore::Stored<eventstore::Done> log(const SignedHead& head);
  Result<SignedHead, NoProof> head_of(std::uint64_t number) const;

  const NotaryParts parts_;
  const std::unique_ptr<HeadLog> log_;
  const std::vector<eventstore::NotaryPublicKey> keys_;
  HeadStream stream_;
  std::optional<SignedHead> last_;     // signed; perhaps still pending
  std::optional<SignedHead> pending_;  // signed, and not known to be in stream and file
  std::vector<TreeFold> folds_;        // by partition
  KnownCommits known_;
  std::atomic<std::uint64_t> foreign_{0};
  std::atomic<bool> recovered_{false};
  mutable std::mutex mutex_;  // of `trouble_`
  std::string trouble_;
};

}  // namespace cassette::replay
