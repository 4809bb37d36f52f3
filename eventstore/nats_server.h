// NatsServer: an embedded nats-server with JetStream, as a child process.
// It starts, adopts, revives and ends one server a folder, and talks no NATS.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "eventstore/data_folder.h"
#include "eventstore/store_error.h"

namespace cassette::eventstore {

class ServerProcess;

// Accounts and users are known by JWTs (nats_jwt.h); the server keeps those of accounts in a folder
// below its own, a file `<public nkey>.jwt` each, where its system account may push others.
struct NatsOperatorMode {
  std::string operator_jwt;
  std::string operator_key;                   // public nkey
  std::string system_account;                 // public nkey
  std::map<std::string, std::string> jwts{};  // of accounts, that it starts with, by public nkey
};

std::filesystem::path accounts_folder(const std::filesystem::path& server_folder);

struct NatsServerOptions {
  // Its own: DATA/nats. Made when absent. Holds nats.conf, server.json, server.log and store/.
  std::filesystem::path folder{};
  // Whether a message is on disk before it is acknowledged; else it is synced every two minutes.
  bool sync_always = true;
  std::string host = "127.0.0.1";  // the IP address that it listens at
  std::uint16_t port = 0;          // 0: a free one
  // PEM files. Empty: no TLS, and only for loopback then, which is the caller's to see to.
  std::string tls_cert{};
  std::string tls_key{};
  // What all its streams together may hold, in bytes. 0: what the disk has when the server starts,
  // less a reserve, so that it refuses while there is still room to refuse in.
  std::uint64_t max_store_bytes = 0;
  // Whether that reserve is half of what is free: for a store that may run full before a ledger
  // does.
  bool leaves_half = false;
  // The public nkey ("U…") of the one user who may connect, and who may use streams and buckets,
  // and neither delete, purge nor change a ledger's. Empty: anyone who can reach loopback, and all
  // of it.
  std::string user{};
  // In place of `user`: whose JWTs open the door.
  std::optional<NatsOperatorMode> operator_mode{};
  // Until it serves. Generous: it looks through its store first.
  std::chrono::milliseconds start_timeout{120'000};
};

// Where a live server is.
struct NatsEndpoint {
  std::string url;          // nats://127.0.0.1:PORT, or the address that it listens at
  std::string monitor_url;  // http://127.0.0.1:PORT
  std::int64_t pid = 0;
};

// What server.json in its folder says of the last one started there.
struct NatsServerRecord {
  std::int64_t pid = 0;
  std::uint64_t start_time = 0;  // clock ticks since boot, as /proc/PID/stat has it
  std::uint16_t port = 0;
  std::uint16_t monitor_port = 0;
  std::string host;      // that it listens at; empty: 127.0.0.1
  std::string store;     // folder
  std::string settings;  // those that an adopter must want too

  static void fields(auto& self, auto&& visit) {
    visit("pid", self.pid);
    visit("startTime", self.start_time);
    visit("port", self.port);
    visit("monitorPort", self.monitor_port);
    visit("host", self.host);
    visit("store", self.store);
    visit("settings", self.settings);
  }
};

// One thread, but for `alive` and `await_exit`. Ends its server when it goes.
class NatsServer {
 public:
  // Blocks until it serves. One that a crashed process left behind on this folder is adopted when
  // it runs with the same settings, and ended first when not. Failures: Unsupported when there is
  // no nats-server that will do, Unavailable when it does not come up (with its last log lines).
  static Stored<std::unique_ptr<NatsServer>> start(const NatsServerOptions& options);

  // The live server of `folder`, whoever's it is; nothing when none is recorded or it is gone.
  static std::optional<NatsEndpoint> running(const std::filesystem::path& folder);

  ~NatsServer();
  NatsServer(const NatsServer&) = delete;
  NatsServer& operator=(const NatsServer&) = delete;

  // The same over `restart`, but for the pid.
  const NatsEndpoint& endpoint() const { return endpoint_; }
  // Whether it was there already when we started.
  bool adopted() const { return adopted_; }

  bool alive() const;
  // Whether it has ended within `timeout`. Blocks. Not while `restart` or `stop` run.
  bool await_exit(std::chrono::milliseconds timeout) const;

  // Starts another on the same store and ports; one that is still alive is ended first. Failures as
  // of `start`.
  Stored<Done> restart();

  // SIGTERM, a bounded wait, SIGKILL. Stopping twice is no error.
  void stop();

 private:
  explicit NatsServer(NatsServerOptions options);

  // Takes the folder's lock, or adopts who has it.
  Stored<FileDescriptor> take_lock();
  bool adopt(const std::optional<NatsServerRecord>& record);
  Stored<Done> launch_and_wait(const FileDescriptor& lock, std::uint16_t port,
                               std::uint16_t monitor_port);
  Stored<Done> await_ports(NatsServerRecord& record);
  void keep(const NatsServerRecord& record);
  std::string settings() const;

  const NatsServerOptions options_;
  NatsEndpoint endpoint_;
  std::uint16_t port_ = 0;
  std::uint16_t monitor_port_ = 0;
  bool adopted_ = false;
  std::unique_ptr<ServerProcess> process_;
};

}  // namespace cassette::eventstore
