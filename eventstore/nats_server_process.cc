// Linux: pidfds, /proc, flock over fork and exec.
#include "eventstore/nats_server_process.h"

extern "C" {  // glibc 2.36 leaves it out
#include <sys/pidfd.h>
}

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace cassette::eventstore {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr int kOldestMajor = 2;
constexpr int kOldestMinor = 10;
constexpr int kNotExecuted = 127;
constexpr int kLockFd = 3;  // in the child: the first after the standard ones

std::optional<fs::path> in_path(std::string_view name) {
  const char* variable = std::getenv("PATH");
  std::string_view path = variable == nullptr ? "" : variable;
  while (!path.empty()) {
    const std::size_t colon = path.find(':');
    const fs::path candidate = fs::path(path.substr(0, colon)) / name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    path.remove_prefix(colon == std::string_view::npos ? path.size() : colon + 1);
  }
  return std::nullopt;
}

std::optional<fs::path> locate() {
  const char* named = std::getenv("CASSETTE_NATS_SERVER");
  if (named != nullptr && *named != '\0') return fs::path(named);
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* beside : {"nats-server", "../third_party/nats-server/nats-server"}) {
    if (!error && access((self / beside).c_str(), X_OK) == 0) return self / beside;
  }
  return in_path("nats-server");
}

// What the program prints when it is asked; empty when it could not be run.
std::string version_text(const fs::path& binary) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  const FileDescriptor output(ends[0]);
  FileDescriptor input(ends[1]);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(input.get(), STDOUT_FILENO);
    execl(binary.c_str(), "nats-server", "--version", nullptr);
    _exit(kNotExecuted);
  }
  input = FileDescriptor();
  std::array<char, 256> text{};
  const ssize_t got = pid < 0 ? -1 : read(output.get(), text.data(), text.size());
  if (pid > 0) waitpid(pid, nullptr, 0);
  return got <= 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(got));
}

// "nats-server: v2.10.27"
bool new_enough(std::string_view version) {
  const std::size_t v = version.find(": v");
  if (v == std::string_view::npos) return false;
  const char* const end = version.data() + version.size();
  int major = 0;
  int minor = 0;
  const auto first = std::from_chars(version.data() + v + 3, end, major);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.') return false;
  if (std::from_chars(first.ptr + 1, end, minor).ec != std::errc{}) return false;
  return major > kOldestMajor || (major == kOldestMajor && minor >= kOldestMinor);
}

// Field 22 of /proc/PID/stat. The second field, a name in parentheses, may hold anything.
std::uint64_t start_time_of(pid_t pid) {
  constexpr int kNameField = 2;
  constexpr int kStartField = 22;
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
  if (!stat) return 0;
  const std::string& text = stat.value();
  std::size_t at = text.rfind(')');
  for (int field = kNameField; field < kStartField && at != std::string::npos; ++field) {
    at = text.find(' ', at + 1);
  }
  if (at == std::string::npos) return 0;
  std::uint64_t ticks = 0;
  std::from_chars(text.data() + at + 1, text.data() + text.size(), ticks);
  return ticks;
}

// As `launch` starts it: nats-server, -c, the configuration.
std::string command_line(const fs::path& config) {
  using namespace std::string_literals;
  return "nats-server\0-c\0"s + config.string() + '\0';
}

}  // namespace

Stored<fs::path> find_nats_server() {
  const auto binary = locate();
  if (!binary) {
    return Failure{StoreError{StoreError::Kind::Unsupported,
                              "no nats-server: set CASSETTE_NATS_SERVER, or have one in PATH"}};
  }
  std::string version = version_text(*binary);
  while (!version.empty() && version.back() == '\n') version.pop_back();
  if (new_enough(version)) return *binary;
  return Failure{StoreError{StoreError::Kind::Unsupported,
                            fmt::format("{} is no nats-server of {}.{} or newer: it says '{}'",
                                        binary->string(), kOldestMajor, kOldestMinor, version)}};
}

std::optional<ServerProcess> ServerProcess::find(pid_t pid, std::uint64_t start_time,
                                                 const fs::path& config) {
  if (pid <= 1) return std::nullopt;
  ServerProcess process(pid, FileDescriptor(pidfd_open(pid, 0)));
  if (!process.pidfd_) return std::nullopt;
  const auto command = read_file(fmt::format("/proc/{}/cmdline", pid));
  if (!command || command.value() != command_line(config)) return std::nullopt;
  if (start_time != 0 && process.start_time() != start_time) return std::nullopt;
  return process;
}

std::uint64_t ServerProcess::start_time() const {
  return start_time_of(pid_);
}

bool ServerProcess::wait(milliseconds timeout) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto bounded = std::clamp(left, milliseconds{0}, milliseconds{INT_MAX});
    pollfd ended{pidfd_.get(), POLLIN, 0};
    const int ready = poll(&ended, 1, static_cast<int>(bounded.count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

void ServerProcess::signal(int number) const {
  pidfd_send_signal(pidfd_.get(), number, nullptr, 0);
}

void ServerProcess::end(milliseconds patience) const {
  signal(SIGTERM);
  if (!wait(patience)) signal(SIGKILL);
  wait(patience);
  reap();
}

void ServerProcess::reap() const {
  siginfo_t ignored{};
  waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &ignored, WEXITED | WNOHANG);
}

Stored<ServerProcess> launch(const LaunchPaths& paths, const FileDescriptor& lock) {
  const FileDescriptor log(
      open(paths.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log) return Failure{file_error("opening", paths.log)};
  const FileDescriptor pid_file(
      open(paths.pid_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!pid_file) return Failure{file_error("opening", paths.pid_file)};
  const FileDescriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::string config = paths.config.string();

  const pid_t pid = fork();
  if (pid < 0) return Failure{file_error("starting", paths.binary)};
  if (pid == 0) {  // only what is safe in the fork of a process with threads
    setsid();
    sigset_t none;  // Go honours what it inherits, and a blocked SIGTERM would not end it
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), getpid()).ptr;
    const auto length = static_cast<std::size_t>(end - digits.data());
    if (write(pid_file.get(), digits.data(), length) < 0) _exit(kNotExecuted);
    dup2(nothing.get(), STDIN_FILENO);
    dup2(log.get(), STDOUT_FILENO);
    dup2(log.get(), STDERR_FILENO);
    if (lock.get() == kLockFd) {
      fcntl(kLockFd, F_SETFD, 0);
    } else {
      dup2(lock.get(), kLockFd);
    }
    close_range(kLockFd + 1, UINT_MAX, 0);
    execl(paths.binary.c_str(), "nats-server", "-c", config.c_str(), nullptr);
    _exit(kNotExecuted);
  }
  return ServerProcess(pid, FileDescriptor(pidfd_open(pid, 0)));
}

}  // namespace cassette::eventstore
