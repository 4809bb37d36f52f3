// The text of nats.conf. JSON's strings are strings of it, too.
#include "eventstore/nats_server_config.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>

#include "eventstore/jetstream_connection.h"
#include "eventstore/json_write.h"

namespace cassette::eventstore {
namespace {

namespace fs = std::filesystem;

// Left free on the disk for everything else of ours: the read models, the archive, this log.
constexpr std::uint64_t kReserveBytes = 1024ULL * 1024 * 1024;
constexpr std::uint64_t kReserveShare = 20;  // or a twentieth of what is free, when that is less
// Only the states of readers' consumers are in memory.
constexpr std::uint64_t kMemoryStoreBytes = 256ULL * 1024 * 1024;

std::string bracketed(std::string_view host) {
  const bool is_ipv6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
  return is_ipv6 ? fmt::format("[{}]", host) : std::string(host);
}

std::uint64_t bytes_below(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored)) bytes += at->file_size(ignored);
  }
  return bytes;
}

// Its own default is three quarters of what is free at that moment, which a ledger of long standing
// exceeds: it would refuse everything after a restart.
std::uint64_t store_limit(const fs::path& store, bool leaves_half) {
  struct statvfs disk {};
  if (statvfs(store.c_str(), &disk) != 0) return 0;
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const std::uint64_t reserve =
      leaves_half ? free / 2 : std::min(kReserveBytes, free / kReserveShare);
  return bytes_below(store) + free - reserve;
}

std::string listen_at(std::string_view host, std::uint16_t port) {
  return fmt::format("{}:{}", bracketed(host), port == 0 ? "-1" : std::to_string(port));
}

// All that the engine does, and with it nothing that deletes, purges, restores or changes a ledger
// stream. MSG.DELETE is there since buckets overwrite what they replace; a ledger stream refuses it
// by its own settings. Only the SECURITY journal's limits may be changed.
constexpr std::string_view kMayPublish =
    R"("ledger.*", "notary", "security", "$KV.>", "$JS.API.INFO", "$JS.API.STREAM.INFO.*",
      "$JS.API.STREAM.CREATE.*", "$JS.API.STREAM.UPDATE.SECURITY", "$JS.API.STREAM.MSG.GET.*",
      "$JS.API.STREAM.MSG.DELETE.*", "$JS.API.DIRECT.GET.>", "$JS.API.CONSUMER.>", "$JS.ACK.>",
      "$JS.FC.>")";

// The monitor has no such door: it is on loopback, and says counts and names, never a message.
std::string authorization(const std::string& user) {
  if (user.empty()) return {};
  return fmt::format(
      "authorization {{\n"
      "  users: [{{nkey: {}, permissions: {{publish: {{allow: [\n"
      "      {}\n"
      "  ]}}}}}}]\n"
      "}}\n",
      user, kMayPublish);
}

// An account's JWT can't be deleted: one that is to have no users any more revokes them.
std::string accounts(const NatsServerOptions& options) {
  if (!options.operator_mode) return {};
  const NatsOperatorMode& mode = *options.operator_mode;
  std::string jwts;
  for (const auto& [account, jwt] : mode.jwts) jwts += fmt::format("  {}: {}\n", account, jwt);
  return fmt::format(
      "operator: {}\n"
      "system_account: {}\n"
      "resolver {{\n"
      "  type: full\n"
      "  dir: {}\n"
      "  allow_delete: false\n"
      "}}\n"
      "resolver_preload {{\n"
      "{}"
      "}}\n",
      mode.operator_jwt, mode.system_account, to_json(accounts_folder(options.folder).string()),
      jwts);
}

std::string tls(const NatsServerOptions& options) {
  if (options.tls_cert.empty()) return {};
  return fmt::format("tls {{ cert_file: {}, key_file: {} }}\n", to_json(options.tls_cert),
                     to_json(options.tls_key));
}

}  // namespace

fs::path accounts_folder(const fs::path& server_folder) {
  return server_folder / "accounts";
}

std::string reachable(std::string_view host) {
  if (host == "0.0.0.0" || host == "::") return std::string(kLoopback);
  return bracketed(host);
}

std::string nats_config(const NatsServerOptions& options, const fs::path& store, std::uint16_t port,
                        std::uint16_t monitor_port) {
  const std::uint64_t limit = options.max_store_bytes != 0
                                  ? options.max_store_bytes
                                  : store_limit(store, options.leaves_half);
  return fmt::format(
      "# Written at each start of the server; changes made here are lost.\n"
      "listen: \"{}\"\n"
      "http: \"{}\"\n"
      "ports_file_dir: {}\n"
      "max_payload: {}\n"
      "jetstream {{\n"
      "  store_dir: {}\n"
      "  sync_interval: {}\n"
      "  max_file_store: {}\n"
      "  max_memory_store: {}\n"
      "}}\n"
      "{}{}{}",
      listen_at(options.host, port), listen_at(kLoopback, monitor_port),
      to_json(options.folder.string()), kMaxMessageBytes, to_json(store.string()),
      options.sync_always ? "always" : "\"2m\"", limit, kMemoryStoreBytes,
      authorization(options.user), tls(options), accounts(options));
}

std::string nats_settings(const NatsServerOptions& options) {
  std::string text =
      fmt::format("sync={} max_store={} payload={} {}", options.sync_always ? "always" : "lazy",
                  options.max_store_bytes, kMaxMessageBytes, authorization(options.user));
  if (options.host != kLoopback) text += fmt::format(" host={}", options.host);
  if (!options.tls_cert.empty())
    text += fmt::format(" tls={},{}", options.tls_cert, options.tls_key);
  if (!options.operator_mode) return text;
  text += fmt::format(" operator={} system={}", options.operator_mode->operator_key,
                      options.operator_mode->system_account);
  for (const auto& [account, jwt] : options.operator_mode->jwts) text += " account=" + account;
  return text;
}

}  // namespace cassette::eventstore
