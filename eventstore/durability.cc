// One HTTP/1.0 GET of /jsz a monitor, bounded in time and size. No redirects, no TLS: a monitor is
// on loopback or in the same trusted network as its server.
#include "eventstore/durability.h"

#include <fmt/format.h>
#include <netdb.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <set>

#include "eventstore/data_folder.h"

namespace cassette::eventstore {
namespace {

constexpr std::chrono::seconds kMonitorTimeout{5};
constexpr std::size_t kMaxAnswerBytes = 1024 * 1024;  // /jsz without details has two kilobytes
constexpr std::uint32_t kEnoughReplicas = 3;

struct MonitorAnswer {
  std::string server;
  bool sync_always = false;
};

StoreError unavailable(const std::string& url, std::string_view why) {
  return {StoreError::Kind::Unavailable, fmt::format("monitor {}: {}", url, why)};
}

StoreError unproven(Durability wanted, std::string_view why) {
  return {StoreError::Kind::Unsupported,
          fmt::format("durability {} can't be shown: {}", name_of(wanted), why)};
}

struct HostPort {
  std::string host;
  std::string port;
};

// "http://127.0.0.1:8222" or with a trailing slash.
Stored<HostPort> parse_url(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  std::string_view rest = url;
  if (!rest.starts_with(kScheme)) return Failure{unavailable(url, "is no http:// URL")};
  rest.remove_prefix(kScheme.size());
  rest = rest.substr(0, rest.find('/'));
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return Failure{unavailable(url, "names no port")};
  return HostPort{std::string(rest.substr(0, colon)), std::string(rest.substr(colon + 1))};
}

Stored<FileDescriptor> connect_to(const std::string& url) {
  auto target = parse_url(url);
  if (!target) return Failure{target.error()};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(target.value().host.c_str(), target.value().port.c_str(), &hints, &found);
  if (error != 0) return Failure{unavailable(url, gai_strerror(error))};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    FileDescriptor fd(socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol));
    if (!fd) continue;
    const timeval limit{kMonitorTimeout.count(), 0};  // of connecting, sending and each receive
    setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd.get(), at->ai_addr, at->ai_addrlen) == 0) return fd;
  }
  return Failure{unavailable(url, "does not accept connections")};
}

// The body of a 200.
Stored<std::string> get(const std::string& url, std::string_view path) {
  auto fd = connect_to(url);
  if (!fd) return Failure{fd.error()};
  const auto deadline = std::chrono::steady_clock::now() + kMonitorTimeout;
  const std::string request = fmt::format("GET {} HTTP/1.0\r\nHost: monitor\r\n\r\n", path);
  if (send(fd.value().get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return Failure{unavailable(url, "does not take the request")};
  }
  std::string answer;
  std::array<char, 16 * 1024> buffer;
  while (answer.size() < kMaxAnswerBytes && std::chrono::steady_clock::now() < deadline) {
    const ssize_t got = recv(fd.value().get(), buffer.data(), buffer.size(), 0);
    if (got < 0) return Failure{unavailable(url, "does not answer")};
    if (got == 0) {
      const std::size_t body = answer.find("\r\n\r\n");
      const bool good = answer.starts_with("HTTP/1.") && answer.substr(8, 4) == " 200";
      if (!good || body == std::string::npos) return Failure{unavailable(url, "answers not 200")};
      return answer.substr(body + 4);
    }
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return Failure{unavailable(url, "answers too much or too slowly")};
}

Stored<MonitorAnswer> ask(const std::string& url) {
  auto body = get(url, "/jsz");
  if (!body) return Failure{body.error()};
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  std::string_view server;
  if (parser.parse(body.value()).get(document) != simdjson::SUCCESS ||
      document["server_id"].get(server) != simdjson::SUCCESS) {
    return Failure{unavailable(url, "is no nats-server's monitor")};
  }
  MonitorAnswer answer{std::string(server), false};
  bool sync_always = false;  // not shown when it is not set
  if (document["config"]["sync_always"].get(sync_always) == simdjson::SUCCESS) {
    answer.sync_always = sync_always;
  }
  return answer;
}

Stored<Done> prove_fsync(const DurabilityEvidence& evidence) {
  const Durability wanted = Durability::Fsync;
  std::set<std::string, std::less<>> servers;
  for (const std::string& url : evidence.monitors) {
    auto answer = ask(url);
    if (!answer) return Failure{answer.error()};
    if (!answer.value().sync_always) {
      return Failure{
          unproven(wanted, fmt::format("{} does not run with sync_interval: always", url))};
    }
    servers.insert(answer.value().server);
  }
  const std::uint32_t replicas = *std::ranges::max_element(evidence.replicas);
  if (servers.size() < replicas) {
    return Failure{unproven(wanted, fmt::format("{} replicas, and the monitors of {} servers",
                                                replicas, servers.size()))};
  }
  if (!servers.contains(evidence.connected_server)) {
    return Failure{unproven(wanted, "no monitor is the connected server's")};
  }
  return Done{};
}

Stored<Done> prove_replicated(const DurabilityEvidence& evidence) {
  const std::uint32_t fewest = *std::ranges::min_element(evidence.replicas);
  if (fewest >= kEnoughReplicas) return Done{};
  return Failure{
      unproven(Durability::Replicated,
               fmt::format("a ledger stream has {} of {} replicas", fewest, kEnoughReplicas))};
}

}  // namespace

std::string_view name_of(Durability durability) {
  switch (durability) {
    case Durability::Fsync:
      return "fsync";
    case Durability::Replicated:
      return "replicated";
    case Durability::Relaxed:
      return "relaxed";
  }
  return {};
}

Stored<Done> prove_durability(Durability wanted, const DurabilityEvidence& evidence) {
  if (wanted == Durability::Relaxed) return Done{};
  if (evidence.replicas.empty()) return Failure{unproven(wanted, "there is no ledger stream")};
  return wanted == Durability::Fsync ? prove_fsync(evidence) : prove_replicated(evidence);
}

}  // namespace cassette::eventstore
