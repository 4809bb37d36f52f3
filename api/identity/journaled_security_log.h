// JournaledSecurityLog: the security log that appends to a journal, in a thread of its own. It
// gathers, so that a flood costs the disk ten writes a second, and folds equal refusals into one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "api/identity/security_log.h"
#include "api/identity/security_record.h"
#include "eventstore/journal.h"

namespace cassette::api {

// The journal's name, and so its stream's.
inline constexpr std::string_view kSecurityJournal = "SECURITY";

// Thread-safe. An entry of the journal is a batch of records, a line each, oldest first.
class JournaledSecurityLog final : public SecurityLog {
 public:
  struct Options {
    // Events that wait while the journal is slow or down; what comes then is only counted.
    std::size_t max_waiting = 8192;
    // What comes within it is one append: the ledger's server syncs each.
    std::chrono::milliseconds gather{100};
    // Refusals of one kind and address within it are one record.
    std::chrono::milliseconds fold{1000};
    // Between two tries while the journal is down.
    std::chrono::milliseconds retry{500};
    // How long a stop goes on trying.
    std::chrono::milliseconds last_try{5000};
  };

  // `journal` outlives it.
  explicit JournaledSecurityLog(eventstore::Journal& journal) : JournaledSecurityLog(journal, {}) {}
  JournaledSecurityLog(eventstore::Journal& journal, Options options);
  ~JournaledSecurityLog() override;
  JournaledSecurityLog(const JournaledSecurityLog&) = delete;
  JournaledSecurityLog& operator=(const JournaledSecurityLog&) = delete;

  void record(SecurityEvent event) override;

  // Stores what waits, for as long as `last_try` allows, and ends. What is recorded later is lost.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  // Equal refusals, until `ends`.
  struct Fold {
    SecurityEvent event;  // the first
    std::uint64_t count = 1;
    std::string source;  // kind and address
    Clock::time_point ends;
  };

  // With the lock held.
  void enqueue(SecurityRecord record);
  void fold(SecurityEvent event);
  bool count_into(const std::string& key);
  void end_folds();

  void run();
  // Waits until there is something to store, and takes it. Nothing once stopped and empty.
  std::vector<SecurityRecord> take();
  void store(const std::vector<SecurityRecord>& records);
  // Until it is stored; false when it was given up.
  bool append(const std::string& body);

  eventstore::Journal& journal_;
  const Options options_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SecurityRecord> waiting_;
  std::map<std::string, Fold> folds_;           // by what is equal
  std::map<std::string, std::size_t> sources_;  // open folds of each
  std::uint64_t dropped_ = 0;
  domain::Timestamp dropped_at_;  // the last one
  bool stopping_ = false;
  Clock::time_point give_up_at_ = Clock::time_point::max();

  std::thread thread_;
};

}  // namespace cassette::api
