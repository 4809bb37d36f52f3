// Older reader: fetches for members what is no more in the hub's ring, from the ledger, a slice at
// a time, so that neither a long past nor a slow client keeps the others waiting.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "api/live/hub.h"
#include "api/live/order_facts.h"
#include "eventstore/ledger.h"

namespace cassette::api {

// Slices read at the same time; others wait in turn.
inline constexpr std::size_t kOlderReaders = 8;

// Thread-safe.
class OlderReader {
 public:
  // `deliver` gets each slice, from a thread of the reader's; it never blocks. The ledgers and
  // `facts` outlive it.
  OlderReader(std::vector<eventstore::Ledger*> ledgers, OrderFacts& facts,
              std::function<void(Older)> deliver);
  ~OlderReader();
  OlderReader(const OlderReader&) = delete;
  OlderReader& operator=(const OlderReader&) = delete;

  void read(OlderWanted wanted);
  void stop();

 private:
  class Slice;

  void run(const std::stop_token& stop);
  void pause(const std::stop_token& stop);

  const std::vector<eventstore::Ledger*> ledgers_;
  OrderFacts& facts_;
  const std::function<void(Older)> deliver_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<OlderWanted> waiting_;
  std::set<eventstore::LedgerReader*> active_;  // to interrupt
  std::vector<std::jthread> threads_;
};

}  // namespace cassette::api
