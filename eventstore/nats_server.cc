// Starting without a race: the server picks free ports itself and names them in a file; it holds an
// flock on its folder for as long as it lives, so no two ever run on one store, whoever crashed
// when.
#include "eventstore/nats_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <simdjson.h>
#include <sys/file.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "eventstore/json_read.h"
#include "eventstore/json_write.h"
#include "eventstore/nats_server_config.h"
#include "eventstore/nats_server_process.h"

namespace cassette::eventstore {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// A server that was asked to end writes its state and goes; a store of many streams takes seconds.
constexpr milliseconds kStopPatience{20'000};
// Between two looks for the file with its ports, while it starts.
constexpr milliseconds kPortsPoll{2};
// A larger log is put aside at the next start; one such is kept.
constexpr std::uint64_t kMaxLogBytes = 16ULL * 1024 * 1024;
// Of its log, in the error that says that it did not start.
constexpr std::size_t kLogTailBytes = 600;

constexpr std::string_view kPortsSuffix = ".ports";

fs::path config_path(const fs::path& folder) {
  return folder / "nats.conf";
}
fs::path record_path(const fs::path& folder) {
  return folder / "server.json";
}
fs::path pid_path(const fs::path& folder) {
  return folder / "pid";
}
fs::path log_path(const fs::path& folder) {
  return folder / "server.log";
}
fs::path store_path(const fs::path& folder) {
  return folder / "store";
}

std::optional<NatsServerRecord> read_record(const fs::path& folder) {
  const auto text = read_file(record_path(folder));
  NatsServerRecord record;
  if (!text || !read_json(text.value(), record)) return std::nullopt;
  return record;
}

std::optional<ServerProcess> recorded_process(const fs::path& folder,
                                              const NatsServerRecord& record) {
  return ServerProcess::find(static_cast<pid_t>(record.pid), record.start_time,
                             config_path(folder));
}

// One that was started, but whose starter did not live to record it.
std::optional<ServerProcess> unrecorded_process(const fs::path& folder) {
  const auto text = read_file(pid_path(folder));
  pid_t pid = 0;
  if (!text) return std::nullopt;
  std::from_chars(text.value().data(), text.value().data() + text.value().size(), pid);
  return ServerProcess::find(pid, 0, config_path(folder));
}

NatsEndpoint endpoint_of(const NatsServerRecord& record) {
  const std::string host = record.host.empty() ? std::string(kLoopback) : record.host;
  return {fmt::format("nats://{}:{}", reachable(host), record.port),
          fmt::format("http://127.0.0.1:{}", record.monitor_port), record.pid};
}

// "nats://127.0.0.1:41935" → 41935; 0 when it is no such thing.
std::uint16_t port_of(simdjson::dom::element urls) {
  std::string_view url;
  if (urls.at(0).get(url) != simdjson::SUCCESS) return 0;
  std::uint16_t port = 0;
  const std::size_t colon = url.rfind(':');
  std::from_chars(url.data() + colon + 1, url.data() + url.size(), port);
  return port;
}

// The file may be there and not yet written.
bool read_ports(const fs::path& path, NatsServerRecord& record) {
  const auto text = read_file(path);
  simdjson::dom::parser parser;
  simdjson::dom::element ports;
  simdjson::dom::element clients;
  simdjson::dom::element monitors;
  if (!text || parser.parse(text.value()).get(ports) != simdjson::SUCCESS ||
      ports["nats"].get(clients) != simdjson::SUCCESS ||
      ports["monitoring"].get(monitors) != simdjson::SUCCESS) {
    return false;
  }
  record.port = port_of(clients);
  record.monitor_port = port_of(monitors);
  return record.port != 0 && record.monitor_port != 0;
}

std::string log_tail(const fs::path& folder) {
  const auto text = read_file(log_path(folder));
  if (!text) return "(no log)";
  const std::string& log = text.value();
  return log.substr(log.size() - std::min(log.size(), kLogTailBytes));
}

void tidy_up(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == kPortsSuffix) fs::remove(entry.path(), ignored);
  }
  const fs::path log = log_path(folder);
  if (fs::exists(log, ignored) && fs::file_size(log, ignored) > kMaxLogBytes) {
    fs::rename(log, log.string() + ".1", ignored);
  }
}

StoreError not_up(const fs::path& folder, std::string_view why) {
  return {StoreError::Kind::Unavailable, fmt::format("the nats-server of {} {}; its log ends: {}",
                                                     folder.string(), why, log_tail(folder))};
}

Stored<Done> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return Done{};
  return Failure{StoreError{StoreError::Kind::Unavailable,
                            fmt::format("making {}: {}", folder.string(), error.message())}};
}

NatsServerOptions with_absolute_folder(NatsServerOptions options) {
  options.folder = fs::absolute(options.folder).lexically_normal();
  return options;
}

}  // namespace

NatsServer::NatsServer(NatsServerOptions options)
    : options_(with_absolute_folder(std::move(options))) {}

NatsServer::~NatsServer() {
  stop();
}

Stored<std::unique_ptr<NatsServer>> NatsServer::start(const NatsServerOptions& options) {
  std::unique_ptr<NatsServer> server(new NatsServer(options));
  auto made = make_folder(store_path(server->options_.folder));
  if (!made) return Failure{made.error()};
  auto lock = server->take_lock();
  if (!lock) return Failure{lock.error()};
  if (server->adopted_) return server;
  auto launched = server->launch_and_wait(lock.value(), server->options_.port, 0);
  if (!launched) return Failure{launched.error()};
  return server;
}

std::optional<NatsEndpoint> NatsServer::running(const fs::path& folder) {
  const fs::path absolute = fs::absolute(folder).lexically_normal();
  const auto record = read_record(absolute);
  if (!record || !recorded_process(absolute, *record)) return std::nullopt;
  return endpoint_of(*record);
}

Stored<FileDescriptor> NatsServer::take_lock() {
  const fs::path& folder = options_.folder;
  const fs::path path = folder / "lock";
  FileDescriptor lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return Failure{file_error("opening", path)};
  if (flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  const auto record = read_record(folder);
  if (adopt(record)) return lock;
  auto other = record ? recorded_process(folder, *record) : std::nullopt;
  if (!other) other = unrecorded_process(folder);
  if (other) other->end(kStopPatience);
  if (flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  return Failure{
      StoreError{StoreError::Kind::Unavailable,
                 fmt::format("{} is locked by a process that is not known here", folder.string())}};
}

bool NatsServer::adopt(const std::optional<NatsServerRecord>& record) {
  if (!record || record->settings != settings()) return false;
  if (options_.port != 0 && options_.port != record->port) return false;
  auto process = recorded_process(options_.folder, *record);
  if (!process) return false;
  process_ = std::make_unique<ServerProcess>(std::move(*process));
  adopted_ = true;
  keep(*record);
  return true;
}

Stored<Done> NatsServer::launch_and_wait(const FileDescriptor& lock, std::uint16_t port,
                                         std::uint16_t monitor_port) {
  const fs::path& folder = options_.folder;
  auto binary = find_nats_server();
  if (!binary) return Failure{binary.error()};
  auto made = make_folder(store_path(folder));
  if (!made) return made;
  tidy_up(folder);
  auto written = replace_file(config_path(folder),
                              nats_config(options_, store_path(folder), port, monitor_port));
  if (!written) return written;
  auto process = launch({.binary = binary.value(),
                         .config = config_path(folder),
                         .log = log_path(folder),
                         .pid_file = pid_path(folder)},
                        lock);
  if (!process) return Failure{process.error()};
  process_ = std::make_unique<ServerProcess>(std::move(process).value());

  NatsServerRecord record;
  auto ready = await_ports(record);
  if (!ready) {
    stop();
    return ready;
  }
  record.pid = process_->pid();
  record.start_time = process_->start_time();
  record.store = store_path(folder).string();
  record.host = options_.host;
  record.settings = settings();
  keep(record);
  return replace_file(record_path(folder), to_json(record) + "\n");
}

// It writes them when all its listeners are open, which is after its streams are.
Stored<Done> NatsServer::await_ports(NatsServerRecord& record) {
  const auto deadline = std::chrono::steady_clock::now() + options_.start_timeout;
  const fs::path path =
      options_.folder / fmt::format("nats-server_{}{}", process_->pid(), kPortsSuffix);
  while (!read_ports(path, record)) {
    if (process_->wait(kPortsPoll)) return Failure{not_up(options_.folder, "has ended")};
    if (std::chrono::steady_clock::now() > deadline) {
      return Failure{not_up(options_.folder, "does not come up")};
    }
  }
  return Done{};
}

void NatsServer::keep(const NatsServerRecord& record) {
  port_ = record.port;
  monitor_port_ = record.monitor_port;
  endpoint_ = endpoint_of(record);
}

std::string NatsServer::settings() const {
  return nats_settings(options_);
}

bool NatsServer::alive() const {
  return process_ != nullptr && process_->alive();
}

bool NatsServer::await_exit(milliseconds timeout) const {
  return process_ == nullptr || process_->wait(timeout);
}

Stored<Done> NatsServer::restart() {
  stop();
  adopted_ = false;
  auto lock = take_lock();
  if (!lock) return Failure{lock.error()};
  if (adopted_) return Done{};
  return launch_and_wait(lock.value(), port_, monitor_port_);
}

void NatsServer::stop() {
  if (process_ == nullptr) return;
  process_->end(kStopPatience);
  process_.reset();
}

}  // namespace cassette::eventstore
