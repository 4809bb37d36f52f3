// Addresses: IP addresses as text, and the names under which a server may be asked. It asks no name
// server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/loopback.h"

namespace cassette::api {

struct ListenAddress {
  std::string host;  // an IP address, IPv6 without brackets, or "localhost"
  std::uint16_t port = 0;
};

// "127.0.0.1:8080", "[::1]:0", "localhost:80"; nothing for any other name, or without a port.
std::optional<ListenAddress> parse_listen_address(std::string_view text);

// "[::1]:80" and "127.0.0.1:80".
std::string host_and_port(const std::string& host, std::uint16_t port);

// The other end's IP address, an IPv4 one in its own notation also on an IPv6 socket; empty when
// there is none.
std::string peer_address(int socket);

// The IP address in its one spelling; empty when `text` is none.
std::string ip_address(std::string_view text);

// Who has the address, as far as limits go: an IPv4 address, or the 64 bits of an IPv6 network,
// all of whose addresses one subscriber has.
std::string subscriber_of(std::string_view address);

// The host of "Example.com:8080" or "[::1]:80" in small letters, without its port. Empty when it is
// no single host with or without a port.
std::string host_name(std::string_view host_header);

}  // namespace cassette::api
