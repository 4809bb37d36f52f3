// NatsFixture: a real nats-server of a test's own, in a folder that goes with the test.
// It hides no failure: what it can't set up fails the test.
#pragma once

#include <signal.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "eventstore/jetstream_connection.h"
#include "eventstore/nats_server.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::test {

// Removed with all it holds.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "cassette-store-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Fails the test with the error's text.
template <class T>
T must(eventstore::Stored<T> result) {
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().what));
  return std::move(result).value();
}

// The options are taken as given, but for the folder.
class NatsFixture {
 public:
  explicit NatsFixture(eventstore::NatsServerOptions options = {}) {
    options.folder = folder_ / "nats";
    server_ = must(eventstore::NatsServer::start(options));
  }

  eventstore::NatsServer& server() { return *server_; }
  const TemporaryFolder& folder() const { return folder_; }
  std::string url() const { return server_->endpoint().url; }
  std::string monitor_url() const { return server_->endpoint().monitor_url; }

  std::unique_ptr<eventstore::JetStreamConnection> connect() const {
    return must(eventstore::JetStreamConnection::connect({.url = url()}));
  }

  // SIGKILL, and waits for its end. By its own pid.
  void kill9() {
    REQUIRE(kill(static_cast<pid_t>(server_->endpoint().pid), SIGKILL) == 0);
    REQUIRE(server_->await_exit(std::chrono::seconds(30)));
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<eventstore::NatsServer> server_;
};

}  // namespace cassette::test
