// CassetteProcess: the real binary, run as a user runs it, in a folder that goes with the test.
// It knows the process's command line, its printed lines and its exits, and nothing of its API.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cassette::test {

// How long anything may take that is expected to happen at all: generous, for a busy machine.
inline constexpr std::chrono::milliseconds kDeadline{30'000};
// Between two looks at a condition that nothing announces, in milliseconds.
inline constexpr int kLookAgain_ms = 5;

// Looks at `condition` until it holds; false when it does not within `limit`.
template <class Condition>
bool await(Condition&& condition, std::chrono::milliseconds limit = kDeadline) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    poll(nullptr, 0, kLookAgain_ms);
  }
  return true;
}

// A file descriptor that closes with it; -1 is none.
class OwnedFd {
 public:
  explicit OwnedFd(int fd = -1) : fd_(fd) {}
  ~OwnedFd();
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

// A folder in the system's place for temporary files. At its end every nats-server that runs on a
// configuration in it is ended, and everything is removed, unless $CASSETTE_KEEP is set.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// What became of a program that has ended. `status` is its exit status, or 128 + the signal.
struct Finished {
  int status = -1;
  std::string output;  // its stdout
  std::string errors;  // its stderr
};

// Runs `cassette ARGUMENTS` to its end. After `limit` it is killed: status 137.
Finished run_cassette(const std::vector<std::string>& arguments,
                      std::chrono::milliseconds limit = 2 * kDeadline);

// Stands among the arguments of a process that asks its callers who they are.
inline constexpr std::string_view kWithIdentities = "with identities";

// One `cassette up` at a time on one data folder; it may be started again after it has ended. At
// the end of this the process is killed. One thread uses it.
class CassetteProcess {
 public:
  // Adds `--data DATA --http 127.0.0.1:0` to `arguments`, and `--insecure-no-auth` unless
  // kWithIdentities is among them. Nothing runs yet.
  explicit CassetteProcess(std::filesystem::path data, std::vector<std::string> arguments = {});
  ~CassetteProcess();
  CassetteProcess(const CassetteProcess&) = delete;
  CassetteProcess& operator=(const CassetteProcess&) = delete;

  // Runs the binary; `more` are arguments of this run only.
  void launch(const std::vector<std::string>& more = {});
  // Reads its stdout up to a line that begins with `beginning`; false when it ends before or
  // `limit` passes. The URLs are known once their lines have been read.
  bool await_line(std::string_view beginning, std::chrono::milliseconds limit = kDeadline);
  // launch, and await_line("ready"), four times as long: it makes the stores of every partition.
  bool start(const std::vector<std::string>& more = {});

  bool running();
  // SIGKILL, and waits for its end.
  void kill9();
  // SIGTERM alone.
  void ask_to_end();
  // SIGTERM, and the exit status; nothing when it does not end within `limit`.
  std::optional<int> terminate(std::chrono::milliseconds limit = kDeadline);
  // The exit status of one that ends by itself; nothing when it does not within `limit`.
  std::optional<int> await_exit(std::chrono::milliseconds limit = kDeadline);

  // SIGKILL to the embedded nats-server of the ledger, or of the feed, that the data folder
  // records, and waits for its end. False when the record names no live one.
  bool kill_nats();
  bool kill_feed_nats();

  const std::filesystem::path& data() const { return data_; }
  pid_t pid() const { return pid_; }
  const std::string& http_url() const { return http_url_; }
  const std::string& nats_url() const { return nats_url_; }
  const std::string& live_url() const { return live_url_; }
  // Of the embedded nats-server; empty when the record does not name one.
  std::string monitor_url() const;
  // All it wrote to stderr, over all its runs.
  std::string log() const;
  // The end of `log`, for INFO: what a failed expectation prints.
  std::string log_tail() const;

 private:
  std::optional<std::string> next_line(std::chrono::steady_clock::time_point deadline);
  void take_line(std::string_view line);

  std::filesystem::path data_;
  std::filesystem::path log_;
  std::vector<std::string> arguments_;
  pid_t pid_ = 0;  // 0: none runs
  OwnedFd process_;
  OwnedFd output_;
  std::string unread_;
  std::string http_url_;
  std::string nats_url_;
  std::string live_url_;
};

}  // namespace cassette::test
