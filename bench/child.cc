// Child: fork, exec, a pipe for stdout and a file for stderr.
#include "bench/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "bench/market.h"

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;

// A drain of `cassette up` may take 30 s for its archive and as long for its read models.
constexpr std::chrono::seconds kEndTimeout{90};
// Without an archive, ten million events are folded before it is ready.
constexpr std::chrono::minutes kReadyTimeout{20};
// Between two looks at whether a child has ended.
constexpr std::chrono::milliseconds kLook{2};
// What exec's failure looks like from outside, as in a shell.
constexpr int kNotExecuted = 127;

std::vector<std::string> up_words(const std::filesystem::path& data, Asks asks) {
  const std::filesystem::path binary = own_binary().parent_path().parent_path() / "cassette";
  if (!std::filesystem::exists(binary)) give_up(binary.string() + " is not built");
  std::vector<std::string> words = {binary.string(), "up",     "--data",
                                    data.string(),   "--http", "127.0.0.1:0"};
  if (asks == Asks::Nobody) {
    words.emplace_back("--insecure-no-auth");
  } else {
    // Counted, and never held back.
    words.insert(words.end(), {"--rate-limit", "admin.read=1000000"});
  }
  return words;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// In the child only what is safe after a fork of several threads: all is prepared before.
pid_t spawn(const std::vector<std::string>& words, const std::filesystem::path& log, int output) {
  std::vector<std::string> copies = words;
  std::vector<char*> raw;
  for (std::string& word : copies) raw.push_back(word.data());
  raw.push_back(nullptr);
  const int errors = open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (errors < 0) give_up(log.string() + " can't be written");
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);  // a bench that is killed leaves nobody behind
    dup2(output, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    execvp(raw[0], raw.data());
    _exit(kNotExecuted);
  }
  close(errors);
  if (pid < 0) give_up("no process can be made");
  return pid;
}

// Its exit status once it has ended, 128 and the signal when that ended it; nothing at `deadline`.
std::optional<int> wait_for(pid_t pid, Clock::time_point deadline) {
  while (true) {
    int status = 0;
    const pid_t ended = waitpid(pid, &status, WNOHANG);
    if (ended == pid) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (Clock::now() > deadline) return std::nullopt;
    std::this_thread::sleep_for(kLook);
  }
}

void end_process(pid_t pid) {
  kill(pid, SIGTERM);
  if (wait_for(pid, Clock::now() + kEndTimeout)) return;
  kill(pid, SIGKILL);
  wait_for(pid, Clock::now() + kEndTimeout);
}

// The children there are: an exit ends those that no destructor does, before their folders go,
// which were made before them.
class Children {
 public:
  static Children& all() {
    static Children children;
    return children;
  }
  ~Children() { std::ranges::for_each(pids_, end_process); }

  void add(pid_t pid) {
    const std::scoped_lock lock(mutex_);
    pids_.insert(pid);
  }
  void remove(pid_t pid) {
    const std::scoped_lock lock(mutex_);
    pids_.erase(pid);
  }

 private:
  std::mutex mutex_;
  std::set<pid_t> pids_;
};

}  // namespace

std::filesystem::path own_binary() {
  return std::filesystem::read_symlink("/proc/self/exe");
}

Child::Child(const std::vector<std::string>& words, const std::filesystem::path& log) : log_(log) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) give_up("no pipe can be made");
  pid_ = spawn(words, log, ends[1]);
  close(ends[1]);
  output_ = ends[0];
  Children::all().add(pid_);
}

Child::~Child() {
  end();
  close(output_);
}

bool Child::read_more(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  pollfd readable{output_, POLLIN, 0};
  if (poll(&readable, 1, std::max<int>(0, static_cast<int>(left.count()))) != 1) return false;
  char buffer[4096];
  const ssize_t size = read(output_, buffer, sizeof(buffer));
  if (size > 0) unread_.append(buffer, static_cast<std::size_t>(size));
  return size > 0;
}

std::optional<std::string> Child::line(std::chrono::milliseconds limit) {
  const Clock::time_point deadline = Clock::now() + limit;
  std::size_t end = 0;
  while ((end = unread_.find('\n')) == std::string::npos) {
    if (!read_more(deadline)) return std::nullopt;
  }
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

std::string Child::finish(std::chrono::milliseconds limit) {
  const Clock::time_point deadline = Clock::now() + limit;
  while (read_more(deadline)) {
  }
  const std::optional<int> status = wait_for(pid_, deadline);
  if (!status) give_up("a program does not end:\n" + unread_ + text_of(log_));
  Children::all().remove(std::exchange(pid_, 0));
  if (*status != 0) {
    give_up(fmt::format("a program ended with {}:\n{}{}", *status, unread_, text_of(log_)));
  }
  return std::move(unread_);
}

void Child::end() {
  if (pid_ == 0) return;
  end_process(pid_);
  Children::all().remove(std::exchange(pid_, 0));
}

CassetteUp::CassetteUp(const std::filesystem::path& data, Asks asks)
    : child_(up_words(data, asks), data.string() + ".log") {
  const Clock::time_point start = Clock::now();
  const std::string http = "http: ", live = "live: ";
  std::optional<std::string> line;
  while ((line = child_.line(kReadyTimeout)) && *line != "ready") {
    if (line->starts_with(http)) url_ = line->substr(http.size());
    if (line->starts_with(live)) live_url_ = line->substr(live.size());
  }
  if (!line) give_up("cassette up is not ready:\n" + text_of(data.string() + ".log"));
  seconds_ = std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace cassette::bench
