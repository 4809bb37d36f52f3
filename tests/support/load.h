// Load: clients that write to a cassette at the same time, each request under a key of its own,
// and keep what became of each. They check nothing: the check is the test's, written apart.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/http/client.h"

namespace cassette::test {

// Where the cassette is at the moment; it may be killed and come back elsewhere. Thread-safe.
class Endpoint {
 public:
  explicit Endpoint(std::string url = {}) : url_(std::move(url)) {}

  std::string url() const;
  void move_to(std::string url);
  // Returns when the URL is another than `old`, or after `limit`.
  void await_move(const std::string& old, std::chrono::milliseconds limit) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable moved_;
  std::string url_;
};

// One write, with what became of it.
struct Write {
  api::ClientRequest request;
  std::string url;     // who gave the answer
  int status = 0;      // of the answer; 0: none that settles it came
  std::string answer;  // its body
  std::string position;
  std::string refusal;  // the body of the last 503
  std::string pending;  // the body of the last 202, of an order that has not settled yet
  unsigned tries = 0;

  bool answered() const { return status != 0; }
  bool accepted() const { return status >= 200 && status < 300; }
};

// What client number `client` writes next, given what it has written so far; nothing ends it. The
// load adds the Idempotency-Key. Called from each client's own thread.
using Script = std::function<std::optional<api::ClientRequest>(unsigned client,
                                                               const std::vector<Write>& so_far)>;

struct LoadOptions {
  unsigned clients = 16;
  // A write without an answer that settles it (none at all, 503, or 202 for an order) is sent again
  // under its key for this long; with 0 it is sent once, and the client goes on with the next.
  std::chrono::milliseconds persistence{60'000};
  // A client ends after so many writes, whatever its script says.
  std::size_t max_writes = 100'000;
  // Before the client's and the write's number in each key: loads on one cassette need their own.
  std::string key_prefix = "load";
};

// Setup is the constructor, start runs the clients, finish and stop end them. `endpoint` and what
// the script refers to outlive it. One thread uses it.
class Load {
 public:
  Load(const LoadOptions& options, const Endpoint& endpoint, Script script);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void start();
  // Waits until `count` answers more than at the call have come; false when it takes too long.
  bool await_answers(std::uint64_t count, std::chrono::milliseconds limit);
  // Waits until every client's script has ended; false when it takes too long.
  bool await_end(std::chrono::milliseconds limit);
  // No new writes; those under way are pursued as `persistence` says. Waits for the clients.
  void finish();

  // Every write of every client, in its order. After `finish`.
  std::vector<Write> writes() const;

 private:
  struct Client {
    std::vector<Write> writes;
    std::thread thread;
  };

  void run(unsigned number);
  void place(Write& write);
  bool take(const api::ClientResponse& response, Write& write) const;
  void count_answer();

  const LoadOptions options_;
  const Endpoint& endpoint_;
  const Script script_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t answers_ = 0;
  unsigned running_ = 0;
  bool finishing_ = false;
  std::atomic<bool> abandoned_{false};            // nobody will look at the writes
  std::vector<std::unique_ptr<Client>> clients_;  // last: their threads use all above
};

}  // namespace cassette::test
