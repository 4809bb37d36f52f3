// The nats-server as a process: found, checked, started, watched and ended. Private to
// nats_server.cc. It knows neither configuration nor JetStream.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "eventstore/data_folder.h"
#include "eventstore/store_error.h"

namespace cassette::eventstore {

// $CASSETTE_NATS_SERVER, else the one built beside this program, else the one in PATH. Unsupported
// when there is none, or it is older than 2.10, which brought `sync_interval: always`.
Stored<std::filesystem::path> find_nats_server();

// A process, known by a pidfd, so that a pid given to another process never means that one. It may
// be our child or not. Thread-safe, but for `reap`.
class ServerProcess {
 public:
  ServerProcess(pid_t pid, FileDescriptor pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

  // The live process `pid`, when it is a nats-server that was started with `config`, and at
  // `start_time` unless that is 0. Nothing when it isn't there, or is another.
  static std::optional<ServerProcess> find(pid_t pid, std::uint64_t start_time,
                                           const std::filesystem::path& config);

  pid_t pid() const { return pid_; }
  // Clock ticks from the machine's boot to the process's start; 0 when it is gone.
  std::uint64_t start_time() const;
  bool alive() const { return !wait(std::chrono::milliseconds{0}); }
  // Whether it has ended within `timeout`. Blocks.
  bool wait(std::chrono::milliseconds timeout) const;
  void signal(int number) const;
  // Asks it to end, insists after `patience`, and waits for its end.
  void end(std::chrono::milliseconds patience) const;
  // Removes our child from the process table once it has ended. Of another's child: does nothing.
  void reap() const;

 private:
  pid_t pid_;
  FileDescriptor pidfd_;
};

struct LaunchPaths {
  std::filesystem::path binary;
  std::filesystem::path config;
  std::filesystem::path log;       // takes its stdout and stderr, behind what is there
  std::filesystem::path pid_file;  // written by the child itself, so that no crash leaves it out
};

// Starts it as a child in a process group of its own: Ctrl-C at a terminal is for us, who then end
// it in good order. It inherits `lock` (an flock), which it holds for as long as it lives, and
// nothing else that we have open.
Stored<ServerProcess> launch(const LaunchPaths& paths, const FileDescriptor& lock);

}  // namespace cassette::eventstore
