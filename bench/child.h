// Child: another program, run beside the bench with its output in a pipe, and ended with its
// object. `cassette up` as a child is here too; what the programs do is not known.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cassette::bench {

// One thread uses it.
class Child {
 public:
  // `words` are the program and its arguments; it is looked up in $PATH. Its stderr is added to the
  // file `log`.
  Child(const std::vector<std::string>& words, const std::filesystem::path& log);
  // Ends it as `end` does.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The next line of its output; nothing when it ends or `limit` passes first.
  std::optional<std::string> line(std::chrono::milliseconds limit);
  // The rest of its output, once it has ended with status 0; ends the bench when it ends otherwise
  // or not within `limit`.
  std::string finish(std::chrono::milliseconds limit);
  // SIGTERM, a bounded wait, SIGKILL. Twice is no error.
  void end();
  // 0 once it has ended.
  pid_t pid() const { return pid_; }

 private:
  bool read_more(std::chrono::steady_clock::time_point deadline);

  const std::filesystem::path log_;
  pid_t pid_ = 0;  // 0: it has been waited for
  int output_ = -1;
  std::string unread_;
};

// Whom a cassette asks who they are.
enum class Asks { Nobody, Everyone };

// The `cassette` that was built with this bench, as `cassette up` on one data folder.
class CassetteUp {
 public:
  // Blocks until it says `ready`; ends the bench, with its log, when it does not.
  explicit CassetteUp(const std::filesystem::path& data, Asks asks = Asks::Nobody);

  const std::string& url() const { return url_; }
  const std::string& live_url() const { return live_url_; }
  pid_t pid() const { return child_.pid(); }
  // From the start of the process to its line `ready`.
  double seconds_to_ready() const { return seconds_; }
  // Drains it. Blocks.
  void end() { child_.end(); }

 private:
  Child child_;
  std::string url_;
  std::string live_url_;
  double seconds_ = 0;
};

// This program's own file.
std::filesystem::path own_binary();

}  // namespace cassette::bench
