// Load: one thread and one connection a client; a write goes on until an answer settles it.
#include "tests/support/load.h"

#include <fmt/format.h>

#include <utility>

#include "domain/check.h"

namespace cassette::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Before a write is sent again to a cassette that did not take it.
constexpr milliseconds kBeforeNextTry{10};
constexpr int kPending = 202;
// The answer of a cassette that can't say yes or no now.
constexpr int kUnavailable = 503;

// The connection that a client thread has at the moment.
class Line {
 public:
  Result<api::ClientResponse, std::string> send(const std::string& url,
                                                const api::ClientRequest& request) {
    if (url != url_ || !client_) client_ = std::make_unique<api::HttpClient>(url, "");
    url_ = url;
    return client_->send(request);
  }

 private:
  std::string url_;
  std::unique_ptr<api::HttpClient> client_;
};

thread_local Line line;

}  // namespace

// ---- Endpoint --------------------------------------------------------------------------------

std::string Endpoint::url() const {
  const std::lock_guard lock(mutex_);
  return url_;
}

void Endpoint::move_to(std::string url) {
  const std::lock_guard lock(mutex_);
  url_ = std::move(url);
  moved_.notify_all();
}

void Endpoint::await_move(const std::string& old, milliseconds limit) const {
  std::unique_lock lock(mutex_);
  moved_.wait_for(lock, limit, [&] { return url_ != old; });
}

// ---- Load ------------------------------------------------------------------------------------

Load::Load(const LoadOptions& options, const Endpoint& endpoint, Script script)
    : options_(options), endpoint_(endpoint), script_(std::move(script)) {
  for (unsigned i = 0; i < options_.clients; ++i) clients_.push_back(std::make_unique<Client>());
}

Load::~Load() {
  abandoned_ = true;
  finish();
}

void Load::start() {
  running_ = options_.clients;
  for (unsigned i = 0; i < options_.clients; ++i) {
    clients_[i]->thread = std::thread([this, i] { run(i); });
  }
}

bool Load::await_answers(std::uint64_t count, milliseconds limit) {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = answers_ + count;
  return changed_.wait_for(lock, limit, [&] { return answers_ >= wanted; });
}

bool Load::await_end(milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return running_ == 0; });
}

void Load::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
  }
  for (const auto& client : clients_) {
    if (client->thread.joinable()) client->thread.join();
  }
}

std::vector<Write> Load::writes() const {
  std::vector<Write> all;
  for (const auto& client : clients_) {
    CASSETTE_CHECK(!client->thread.joinable());
    all.insert(all.end(), client->writes.begin(), client->writes.end());
  }
  return all;
}

void Load::run(unsigned number) {
  std::vector<Write>& writes = clients_[number]->writes;
  const auto goes_on = [&] {
    const std::lock_guard lock(mutex_);
    return !finishing_ && writes.size() < options_.max_writes;
  };
  while (goes_on()) {
    std::optional<api::ClientRequest> request = script_(number, writes);
    if (!request) break;
    request->idempotency_key = fmt::format("{}-{}-{}", options_.key_prefix, number, writes.size());
    Write& write = writes.emplace_back();
    write.request = std::move(*request);
    place(write);
  }
  const std::lock_guard lock(mutex_);
  --running_;
  changed_.notify_all();
}

void Load::place(Write& write) {
  const auto deadline = steady_clock::now() + options_.persistence;
  do {
    const std::string url = endpoint_.url();
    ++write.tries;
    const auto response = line.send(url, write.request);
    if (response.ok() && take(response.value(), write)) {
      write.url = url;
      return count_answer();
    }
    endpoint_.await_move(url, kBeforeNextTry);
  } while (steady_clock::now() < deadline && !abandoned_);
}

bool Load::take(const api::ClientResponse& response, Write& write) const {
  if (response.status == kUnavailable) {
    write.refusal = response.body;
    return false;
  }
  if (response.status == kPending) write.pending = response.body;
  const bool is_order = write.request.method == "POST" && write.request.target == "/orders";
  if (response.status == kPending && is_order && options_.persistence.count() > 0) return false;
  write.status = response.status;
  write.answer = response.body;
  write.position = response.position;
  return true;
}

void Load::count_answer() {
  const std::lock_guard lock(mutex_);
  ++answers_;
  changed_.notify_all();
}

}  // namespace cassette::test
