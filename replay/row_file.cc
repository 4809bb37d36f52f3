// Text files, and files that a child process makes.
#include "replay/row_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "domain/check.h"
#include "eventstore/data_folder.h"
#include "eventstore/sha256.h"

extern char** environ;

namespace cassette::replay {

using eventstore::Done;
using eventstore::file_error;
using eventstore::FileDescriptor;
using eventstore::Stored;
using eventstore::StoreError;

namespace fs = std::filesystem;

namespace {

// Of what is read back, in bytes.
constexpr std::size_t kReadBytes = 256 * 1024;
// What a script ends with whose interpreter is not there.
constexpr int kNotFound = 127;

StoreError not_run(const std::string& program, const std::string& why) {
  return {StoreError::Kind::Unsupported,
          fmt::format("{} can't be run: {}. It writes Parquet, comes with deploy/parquet "
                      "(npm install --global), and needs node; --parquet-writer names another",
                      program, why)};
}

fs::path part_of(const fs::path& file) {
  return file.string() + std::string(kPartSuffix);
}

// The part, synced, under its name.
Stored<Done> put_in_place(const fs::path& file) {
  if (auto synced = eventstore::sync_file(part_of(file)); !synced.ok()) return synced;
  if (rename(part_of(file).c_str(), file.c_str()) != 0) {
    return Failure{file_error("renaming to", file)};
  }
  return eventstore::sync_file(file);
}

class TextFile : public RowFile {
 public:
  TextFile(fs::path file, FileDescriptor out) : file_(std::move(file)), out_(std::move(out)) {}

  Stored<Done> write(std::string_view lines) override {
    digest_.update(lines);
    bytes_ += lines.size();
    while (!lines.empty()) {
      const ssize_t wrote = ::write(out_.get(), lines.data(), lines.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return Failure{file_error("writing", part_of(file_))};
      lines.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return Done{};
  }

  Stored<ExportedFile> finish() override {
    out_ = FileDescriptor();
    if (auto done = put_in_place(file_); !done.ok()) return Failure{std::move(done).error()};
    return ExportedFile{file_.filename().string(), 0, 0, bytes_, digest_.finish()};
  }

 private:
  const fs::path file_;
  FileDescriptor out_;
  eventstore::Sha256 digest_;
  std::uint64_t bytes_ = 0;
};

// A running program; ended and waited for when it goes.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ == 0) return;
    kill(pid_, SIGKILL);
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Its exit status, or 128 and the signal. Once.
  int wait() {
    int status = 0;
    CHECK(pid_ != 0);
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_;
};

class PipedFile : public RowFile {
 public:
  PipedFile(fs::path file, std::string program, FileDescriptor in, pid_t child)
      : file_(std::move(file)), program_(std::move(program)), in_(std::move(in)), child_(child) {}

  // A socket and no pipe, so that a program that has ended is an error and no SIGPIPE.
  Stored<Done> write(std::string_view lines) override {
    while (!lines.empty()) {
      const ssize_t sent = send(in_.get(), lines.data(), lines.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return Failure{ended_with(child_.wait())};
      lines.remove_prefix(static_cast<std::size_t>(sent));
    }
    return Done{};
  }

  Stored<ExportedFile> finish() override {
    in_ = FileDescriptor();
    const int status = child_.wait();
    if (status != 0) return Failure{ended_with(status)};
    if (auto done = put_in_place(file_); !done.ok()) return Failure{std::move(done).error()};
    return read_back();
  }

 private:
  StoreError ended_with(int status) const {
    if (status == kNotFound) return not_run(program_, "it found no node");
    return {StoreError::Kind::Unavailable,
            fmt::format("{} ended with status {}", program_, status)};
  }

  Stored<ExportedFile> read_back() const {
    const FileDescriptor file(open(file_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return Failure{file_error("opening", file_)};
    ExportedFile found{file_.filename().string(), 0, 0, 0, {}};
    eventstore::Sha256 digest;
    std::string buffer(kReadBytes, '\0');
    while (true) {
      const ssize_t got = read(file.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Failure{file_error("reading", file_)};
      if (got == 0) break;
      digest.update(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
      found.bytes += static_cast<std::uint64_t>(got);
    }
    found.sha256 = digest.finish();
    return found;
  }

  const fs::path file_;
  const std::string program_;
  FileDescriptor in_;
  Child child_;
};

}  // namespace

Stored<std::unique_ptr<RowFile>> open_text_file(const fs::path& folder, const std::string& name) {
  const fs::path file = folder / name;
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  FileDescriptor out(open(part_of(file).c_str(), flags, 0600));
  if (!out) return Failure{file_error("opening", part_of(file))};
  return std::unique_ptr<RowFile>(std::make_unique<TextFile>(file, std::move(out)));
}

Stored<std::unique_ptr<RowFile>> open_piped_file(const fs::path& folder, const std::string& name,
                                                 const std::string& program) {
  const fs::path file = folder / name;
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Failure{file_error("making a socket for", file)};
  }
  FileDescriptor ours(ends[0]);
  const FileDescriptor theirs(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDIN_FILENO);
  std::string word = program;
  std::string part = part_of(file).string();
  std::array<char*, 3> arguments{word.data(), part.data(), nullptr};
  pid_t pid = 0;
  const int error =
      posix_spawnp(&pid, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return Failure{not_run(program, std::error_code(error, std::generic_category()).message())};
  }
  return std::unique_ptr<RowFile>(std::make_unique<PipedFile>(file, program, std::move(ours), pid));
}

}  // namespace cassette::replay
