// CassetteProcess: fork, exec, a pipe for stdout and a file for stderr; processes are held by
// pidfd, so that a number used again is never mistaken for one of them.
#include "tests/support/cassette_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "domain/check.h"
#include "eventstore/json_read.h"

namespace cassette::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Enough of a log to see what went wrong, in bytes.
constexpr std::size_t kTailBytes = 4000;
// What exec's failure looks like from outside, as in a shell.
constexpr int kNotExecuted = 127;

int remaining_ms(steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

OwnedFd open_pidfd(pid_t pid) {
  return OwnedFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

bool signal_to(const OwnedFd& process, int signal) {
  return syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

// False when the process lives on until `limit`.
bool await_end(const OwnedFd& process, milliseconds limit) {
  pollfd ended{process.get(), POLLIN, 0};
  return poll(&ended, 1, static_cast<int>(limit.count())) == 1;
}

int exit_status_of(pid_t pid) {
  int status = 0;
  CASSETTE_CHECK(waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct Child {
  pid_t pid = 0;
  OwnedFd output;
};

// In the child only what is safe in a forked thread: everything is prepared before.
Child spawn(const std::vector<std::string>& arguments, const std::filesystem::path& errors) {
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), std::getenv("CASSETTE_BINARY"));
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int ends[2];
  CASSETTE_CHECK(pipe2(ends, O_CLOEXEC) == 0);
  const OwnedFd log(open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  CASSETTE_CHECK(static_cast<bool>(log));
  const pid_t pid = fork();
  CASSETTE_CHECK(pid >= 0);
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is killed leaves no cassette behind
    dup2(ends[1], STDOUT_FILENO);
    dup2(log.get(), STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(kNotExecuted);
  }
  close(ends[1]);
  return {pid, OwnedFd(ends[0])};
}

// What is there by then, or "" at the end of the stream; nothing at the deadline.
std::optional<std::string> read_some(const OwnedFd& from, steady_clock::time_point deadline) {
  pollfd readable{from.get(), POLLIN, 0};
  if (poll(&readable, 1, remaining_ms(deadline)) != 1) return std::nullopt;
  std::string bytes(4096, '\0');
  const ssize_t got = read(from.get(), bytes.data(), bytes.size());
  bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return bytes;
}

// DATA/nats/server.json or DATA/feed/server.json, as far as it is of use here.
struct ServerRecord {
  std::int64_t pid = 0;
  std::uint64_t start_time = 0;  // as /proc/PID/stat has it
  std::int64_t monitor_port = 0;

  static void fields(auto& self, auto&& visit) {
    visit("pid", self.pid);
    visit("startTime", self.start_time);
    visit("monitorPort", self.monitor_port);
  }
};

ServerRecord read_record(const std::filesystem::path& folder) {
  ServerRecord record;
  if (!eventstore::read_json(read_file(folder / "server.json"), record)) return {};
  return record;
}

// Field 22 of /proc/PID/stat: clock ticks since boot; 0 when there is no such process. The second
// field, the name in parentheses, may hold spaces.
std::uint64_t start_time_of(std::int64_t pid) {
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  std::size_t at = stat.rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  return at == std::string::npos ? 0 : std::strtoull(stat.c_str() + at, nullptr, 10);
}

// The live server that the folder records; none when it isn't that one any more.
OwnedFd recorded_server(const std::filesystem::path& folder) {
  const ServerRecord record = read_record(folder);
  if (record.pid <= 1) return OwnedFd();
  OwnedFd process = open_pidfd(static_cast<pid_t>(record.pid));
  return process && start_time_of(record.pid) == record.start_time ? std::move(process) : OwnedFd();
}

bool end_recorded_server(const std::filesystem::path& folder) {
  const OwnedFd server = recorded_server(folder);
  return server && signal_to(server, SIGKILL) && await_end(server, kDeadline);
}

// Ends every nats-server whose configuration lies in `folder`: also one that was killed before
// anybody could record it. The folder's name is random, so that it can be no other's.
void end_servers_below(const std::filesystem::path& folder) {
  using namespace std::string_literals;
  const std::string beginning = "nats-server\0-c\0"s + folder.string() + "/";
  const auto is_ours = [&](const std::filesystem::path& process) {
    return read_file(process / "cmdline").starts_with(beginning);
  };
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const auto pid = std::strtol(entry.path().filename().c_str(), nullptr, 10);
    if (pid <= 1 || !is_ours(entry.path())) continue;
    const OwnedFd server = open_pidfd(static_cast<pid_t>(pid));
    if (server && is_ours(entry.path()) && signal_to(server, SIGKILL)) await_end(server, kDeadline);
  }
}

}  // namespace

// ---- OwnedFd ---------------------------------------------------------------------------------

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) close(fd_);
}

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

// ---- ScratchFolder ---------------------------------------------------------------------------

ScratchFolder::ScratchFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "cassette-test-XXXXXX").string();
  CASSETTE_CHECK(mkdtemp(name.data()) != nullptr);
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  end_servers_below(path_);
  if (std::getenv("CASSETTE_KEEP") != nullptr) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

// ---- CassetteProcess -------------------------------------------------------------------------

CassetteProcess::CassetteProcess(std::filesystem::path data, std::vector<std::string> arguments)
    : data_(std::move(data)), log_(data_.string() + ".log"), arguments_(std::move(arguments)) {
  const std::vector<std::string> first{"up", "--data", data_.string(), "--http", "127.0.0.1:0"};
  const bool asks = std::erase(arguments_, kWithIdentities) > 0;
  if (!asks) arguments_.push_back("--insecure-no-auth");
  arguments_.insert(arguments_.begin(), first.begin(), first.end());
}

CassetteProcess::~CassetteProcess() {
  if (pid_ != 0) kill9();
}

void CassetteProcess::launch(const std::vector<std::string>& more) {
  CASSETTE_CHECK(pid_ == 0);
  std::vector<std::string> arguments = arguments_;
  arguments.insert(arguments.end(), more.begin(), more.end());
  Child child = spawn(arguments, log_);
  pid_ = child.pid;
  process_ = open_pidfd(pid_);
  output_ = std::move(child.output);
  unread_.clear();
  http_url_.clear();
  nats_url_.clear();
  live_url_.clear();
}

bool CassetteProcess::await_line(std::string_view beginning, milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  while (const std::optional<std::string> line = next_line(deadline)) {
    take_line(*line);
    if (line->starts_with(beginning)) return true;
  }
  return false;
}

bool CassetteProcess::start(const std::vector<std::string>& more) {
  launch(more);
  return await_line("ready", 4 * kDeadline);
}

bool CassetteProcess::running() {
  return pid_ != 0 && !await_end(process_, milliseconds(0));
}

void CassetteProcess::kill9() {
  CASSETTE_CHECK(pid_ != 0);
  signal_to(process_, SIGKILL);
  await_exit();
}

void CassetteProcess::ask_to_end() {
  signal_to(process_, SIGTERM);
}

std::optional<int> CassetteProcess::terminate(milliseconds limit) {
  ask_to_end();
  return await_exit(limit);
}

std::optional<int> CassetteProcess::await_exit(milliseconds limit) {
  CASSETTE_CHECK(pid_ != 0);
  if (!await_end(process_, limit)) return std::nullopt;
  return exit_status_of(std::exchange(pid_, 0));
}

bool CassetteProcess::kill_nats() {
  return end_recorded_server(data_ / "nats");
}

bool CassetteProcess::kill_feed_nats() {
  return end_recorded_server(data_ / "feed");
}

std::string CassetteProcess::monitor_url() const {
  const std::int64_t port = read_record(data_ / "nats").monitor_port;
  return port == 0 ? "" : "http://127.0.0.1:" + std::to_string(port);
}

std::string CassetteProcess::log() const {
  return read_file(log_);
}

std::string CassetteProcess::log_tail() const {
  const std::string all = log();
  return all.size() <= kTailBytes ? all : "…" + all.substr(all.size() - kTailBytes);
}

std::optional<std::string> CassetteProcess::next_line(steady_clock::time_point deadline) {
  std::size_t end;
  while ((end = unread_.find('\n')) == std::string::npos) {
    const std::optional<std::string> more = read_some(output_, deadline);
    if (!more || more->empty()) return std::nullopt;
    unread_ += *more;
  }
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

void CassetteProcess::take_line(std::string_view line) {
  static constexpr std::string_view kHttp = "http: ";
  static constexpr std::string_view kNats = "nats: ";
  static constexpr std::string_view kLive = "live: ";
  if (line.starts_with(kHttp)) http_url_ = line.substr(kHttp.size());
  if (line.starts_with(kNats)) nats_url_ = line.substr(kNats.size());
  if (line.starts_with(kLive)) live_url_ = line.substr(kLive.size());
}

// ---- run_cassette ----------------------------------------------------------------------------

Finished run_cassette(const std::vector<std::string>& arguments, milliseconds limit) {
  const ScratchFolder scratch;
  const std::filesystem::path errors = scratch / "errors";
  Child child = spawn(arguments, errors);
  const OwnedFd process = open_pidfd(child.pid);
  const auto deadline = steady_clock::now() + limit;
  Finished finished;
  while (const std::optional<std::string> more = read_some(child.output, deadline)) {
    if (more->empty()) break;
    finished.output += *more;
  }
  if (!await_end(process, milliseconds(remaining_ms(deadline)))) signal_to(process, SIGKILL);
  finished.status = exit_status_of(child.pid);
  finished.errors = read_file(errors);
  return finished;
}

}  // namespace cassette::test
