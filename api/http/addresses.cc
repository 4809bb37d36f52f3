// Addresses: by inet_pton and inet_ntop, so that each has one spelling.
#include "api/http/addresses.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace cassette::api {
namespace {

constexpr std::size_t kNetworkBytes = 8;  // of an IPv6 address

std::string text_of(const in6_addr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    in_addr inner{};
    std::memcpy(&inner, address.s6_addr + 12, sizeof(inner));
    ::inet_ntop(AF_INET, &inner, text.data(), text.size());
  } else {
    ::inet_ntop(AF_INET6, &address, text.data(), text.size());
  }
  return text.data();
}

bool is_ip(const std::string& host, bool v6) {
  in6_addr ignored{};
  return ::inet_pton(v6 ? AF_INET6 : AF_INET, host.c_str(), &ignored) == 1;
}

std::string lower(std::string_view text) {
  std::string small(text);
  std::ranges::transform(small, small.begin(), [](char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return small;
}

// "host" and "port" of "host:port" or "[host]:port"; the port empty where there is none.
struct Halves {
  std::string_view host;
  std::string_view port;
  bool bracketed = false;
};

std::optional<Halves> halve(std::string_view text) {
  Halves halves;
  std::size_t end = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    halves.host = text.substr(1, close - 1);
    halves.bracketed = true;
    end = close + 1;
  } else {
    halves.host = text.substr(0, end);
  }
  if (end >= text.size()) return halves;
  halves.port = text.substr(end + 1);
  const bool digits = halves.port.find_first_not_of("0123456789") == std::string_view::npos;
  if (text[end] != ':' || !digits) return std::nullopt;
  return halves;
}

}  // namespace

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  const auto halves = halve(text);
  if (!halves || halves->port.empty()) return std::nullopt;
  ListenAddress address{std::string(halves->host), 0};
  const char* end = halves->port.data() + halves->port.size();
  const auto parsed = std::from_chars(halves->port.data(), end, address.port);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  const bool known = address.host == "localhost" && !halves->bracketed;
  if (!known && !is_ip(address.host, halves->bracketed)) return std::nullopt;
  return address;
}

std::string host_and_port(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string ip_address(std::string_view text) {
  const std::string given(text);
  if (is_ip(given, false)) return given;
  in6_addr address{};
  if (::inet_pton(AF_INET6, given.c_str(), &address) != 1) return {};
  return text_of(address);
}

std::string peer_address(int socket) {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return {};
  if (peer.ss_family == AF_INET6) {
    return text_of(reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr);
  }
  if (peer.ss_family != AF_INET) return {};
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(peer).sin_addr, text.data(),
              text.size());
  return text.data();
}

std::string subscriber_of(std::string_view address) {
  in6_addr v6{};
  const std::string text(address);
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return text;
  std::fill(v6.s6_addr + kNetworkBytes, v6.s6_addr + sizeof(v6), std::uint8_t{0});
  return text_of(v6);
}

std::string host_name(std::string_view host_header) {
  const auto halves = halve(host_header);
  if (!halves) return {};
  const std::string host = lower(halves->host);
  const bool v6 = halves->bracketed && is_ip(host, true);
  const bool name = !halves->bracketed && host.find_first_of(", /@\\") == std::string::npos;
  return v6 || name ? host : std::string();
}

}  // namespace cassette::api
