// Older reader: a pool of threads that each read one slice at a time.
#include "api/live/older_reader.h"

#include <spdlog/spdlog.h>

#include "api/live/ledger_feed.h"
#include "eventstore/codec.h"

namespace cassette::api {

using eventstore::Chain;
using eventstore::ChainHead;
using eventstore::Message;
using eventstore::Position;
using eventstore::StoredCommit;
using eventstore::StoreError;

namespace {

// Of one slice: events for the member, bodies read for them, and time.
constexpr std::size_t kSliceEventBytes = 128 * 1024;
constexpr std::size_t kSliceReadBytes = 16 * 1024 * 1024;
constexpr std::chrono::seconds kSliceTime{1};
constexpr std::chrono::milliseconds kReadTimeout{250};
constexpr std::chrono::milliseconds kRetryAfter{100};

}  // namespace

// One slice on its way.
class OlderReader::Slice {
 public:
  Slice(const OlderWanted& wanted, eventstore::Ledger& ledger, OrderFacts& facts)
      : wanted_(wanted), ledger_(ledger), facts_(facts) {
    older_.member = wanted.member;
    older_.partition = wanted.partition;
    older_.at = wanted.after;
    older_.head = wanted.head;
  }

  // Where the chain goes on. The rest of a commit of which a part was seen comes first.
  eventstore::Stored<ChainHead> begin() {
    if (older_.head.read > 0 || wanted_.after.commit == 0) return older_.head;
    const auto message = ledger_.read(wanted_.after.commit);
    if (!message) return Failure{message.error()};
    if (!message.value()) return no_commit();
    const std::string& body = message.value()->body;
    auto decoded = eventstore::decode(body);
    if (!decoded) return no_commit();
    const ChainHead head{wanted_.after.commit, wanted_.after.commit, eventstore::hash_of(body)};
    if (wanted_.after.index != kWholeCommit) {
      const Position position{wanted_.partition, head.commit};
      add({position, head.hash, body.size(), std::move(decoded).value()}, wanted_.after.index);
    }
    return head;
  }

  // False at the end of the slice.
  bool accept(Chain& chain, const std::vector<Message>& messages) {
    for (const Message& message : messages) {
      if (message.sequence <= chain.head().read) continue;
      auto link = chain.accept(message);
      if (!link) {
        spdlog::error("older events can't be read: {}", link.error().what);
        failed_ = true;
        return false;
      }
      read_bytes_ += message.body.size();
      if (const auto* commit = std::get_if<StoredCommit>(&link.value())) {
        add(*commit, kWholeCommit);
      } else if (message.sequence >= wanted_.until && chain.head().commit < wanted_.until) {
        older_.no_commit = true;  // the hub's own head is not on this chain
      }
      if (full(chain)) return false;
    }
    return true;
  }

  bool full(const Chain& chain) const {
    return older_.no_commit || chain.head().commit >= wanted_.until ||
           event_bytes_ >= kSliceEventBytes || read_bytes_ >= kSliceReadBytes ||
           std::chrono::steady_clock::now() >= deadline_;
  }

  Older finish(const Chain& chain) {
    older_.head = chain.head();
    older_.at = std::max(older_.at, Place{chain.head().commit, kWholeCommit});
    return std::move(older_);
  }
  Older give_up() { return std::move(older_); }
  bool found_no_commit() const { return older_.no_commit; }
  bool failed() const { return failed_; }

 private:
  Failure<StoreError> no_commit() {
    older_.no_commit = true;
    return Failure{StoreError{StoreError::Kind::Mismatch, "there is no such commit"}};
  }

  void add(const StoredCommit& commit, std::uint32_t after) {
    for (const LiveEventPtr& event : live_events(commit, after, facts_, false)) {
      if (place_of(event->ref) <= wanted_.after || !wanted_.member->what.matches(*event)) continue;
      event_bytes_ += event->frame.size();
      older_.events.push_back(event);
    }
  }

  const OlderWanted& wanted_;
  eventstore::Ledger& ledger_;
  OrderFacts& facts_;
  Older older_;
  std::size_t event_bytes_ = 0;
  std::size_t read_bytes_ = 0;
  bool failed_ = false;
  const std::chrono::steady_clock::time_point deadline_ =
      std::chrono::steady_clock::now() + kSliceTime;
};

OlderReader::OlderReader(std::vector<eventstore::Ledger*> ledgers, OrderFacts& facts,
                         std::function<void(Older)> deliver)
    : ledgers_(std::move(ledgers)), facts_(facts), deliver_(std::move(deliver)) {
  for (std::size_t i = 0; i < kOlderReaders; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
  }
}

OlderReader::~OlderReader() {
  stop();
}

void OlderReader::stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  {
    const std::lock_guard lock(mutex_);
    for (eventstore::LedgerReader* reader : active_) reader->interrupt();
  }
  threads_.clear();
}

void OlderReader::read(OlderWanted wanted) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(wanted));
  }
  changed_.notify_one();
}

void OlderReader::run(const std::stop_token& stop) {
  while (true) {
    OlderWanted wanted;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      wanted = std::move(waiting_.front());
      waiting_.pop_front();
    }
    if (stop.stop_requested()) return;
    eventstore::Ledger& ledger = *ledgers_[wanted.partition];
    Slice slice(wanted, ledger, facts_);
    const auto head = slice.begin();
    auto opened =
        head ? ledger.follow(head.value().read + 1)
             : eventstore::Stored<std::unique_ptr<eventstore::LedgerReader>>(Failure{head.error()});
    if (!opened) {
      if (!slice.found_no_commit()) pause(stop);
      deliver_(slice.give_up());
      continue;
    }
    const auto reader = std::move(opened).value();
    Chain chain(wanted.partition, head.value());
    {
      const std::lock_guard lock(mutex_);
      active_.insert(reader.get());
    }
    bool going = !slice.full(chain);
    while (going && !stop.stop_requested()) {
      const auto messages = reader->next(kReadTimeout);
      going = messages && slice.accept(chain, messages.value()) && !slice.full(chain);
      if (!messages || slice.failed()) pause(stop);
    }
    {
      const std::lock_guard lock(mutex_);
      active_.erase(reader.get());
    }
    deliver_(slice.finish(chain));
  }
}

void OlderReader::pause(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, kRetryAfter, [] { return false; });
}

}  // namespace cassette::api
