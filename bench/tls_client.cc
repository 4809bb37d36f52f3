// TlsClient: OpenSSL over blocking sockets.
#include "bench/tls_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <thread>
#include <utility>

#include "bench/market.h"

namespace cassette::bench {
namespace {

// Handshakes at the same time: a core each, and one that waits.
constexpr int kConnectors = 4;
constexpr timeval kPatience{30, 0};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int connected(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    give_up("nobody takes a connection");
  }
  return socket;
}

}  // namespace

std::string TlsAnswer::header(std::string_view name) const {
  const std::string start = "\r\n" + std::string(name) + ": ";
  const std::size_t at = head.find(start);
  if (at == std::string::npos) return {};
  const std::size_t value = at + start.size();
  return head.substr(value, head.find("\r\n", value) - value);
}

TlsTrust::TlsTrust(const std::filesystem::path& certificate) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  context_ = {context, [](void* gone) { SSL_CTX_free(static_cast<SSL_CTX*>(gone)); }};
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(context, certificate.c_str(), nullptr) != 1) {
    give_up("there is no certificate in " + certificate.string());
  }
}

struct TlsClient::Session {
  explicit Session(SSL* made) : ssl(made) {}
  ~Session() { SSL_free(ssl); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  SSL* ssl;
};

TlsClient::TlsClient(const TlsTrust& trust, std::uint16_t port) : socket_(connected(port)) {
  session_ = std::make_unique<Session>(SSL_new(static_cast<SSL_CTX*>(trust.context_.get())));
  SSL_set_fd(session_->ssl, socket_);
  SSL_set_tlsext_host_name(session_->ssl, "localhost");
  SSL_set1_host(session_->ssl, "localhost");
  if (SSL_connect(session_->ssl) != 1) give_up("a TLS handshake failed");
}

TlsClient::~TlsClient() {
  session_.reset();
  if (socket_ >= 0) ::close(socket_);
}

bool TlsClient::more() {
  std::array<char, 16 * 1024> buffer;
  const int size = SSL_read(session_->ssl, buffer.data(), static_cast<int>(buffer.size()));
  if (size > 0) unread_.append(buffer.data(), static_cast<std::size_t>(size));
  return size > 0;
}

TlsAnswer TlsClient::ask(const std::string& request) {
  if (SSL_write(session_->ssl, request.data(), static_cast<int>(request.size())) <= 0) {
    give_up("a connection under TLS takes no request");
  }
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::size_t end = 0;
  while ((end = unread_.find(kEnd)) == std::string::npos) {
    if (!more()) give_up("a connection under TLS ended before its answer");
  }
  TlsAnswer answer;
  answer.head = unread_.substr(0, end + 2);
  unread_.erase(0, end + kEnd.size());
  std::from_chars(answer.head.data() + 9, answer.head.data() + 12, answer.status);
  const std::string length = answer.header("Content-Length");
  if (length.empty()) give_up("an answer without Content-Length:\n" + answer.head);
  const std::size_t size = std::stoul(length);
  while (unread_.size() < size) {
    if (!more()) give_up("a connection under TLS ended within its answer");
  }
  answer.body = unread_.substr(0, size);
  unread_.erase(0, size);
  return answer;
}

TlsAnswer TlsClient::get(const std::string& target, const std::string& lines) {
  return ask("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n");
}

int TlsClient::leave_open() {
  session_.reset();  // says nothing to the other side
  return std::exchange(socket_, -1);
}

IdleClients::IdleClients(const TlsTrust& trust, std::uint16_t port, const std::string& target,
                         int count)
    : sockets_(static_cast<std::size_t>(count), -1) {
  std::vector<std::jthread> connectors;
  for (int first = 0; first < kConnectors; ++first) {
    connectors.emplace_back([&, first] {
      for (int i = first; i < count; i += kConnectors) {
        TlsClient client(trust, port);
        if (client.get(target).status != 200) give_up("an idle client's first GET failed");
        sockets_[static_cast<std::size_t>(i)] = client.leave_open();
      }
    });
  }
}

IdleClients::~IdleClients() {
  const linger at_once{1, 0};
  for (const int socket : sockets_) {
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    ::close(socket);
  }
}

// What is still to be read are session tickets of TLS at most; an end comes after them.
int IdleClients::alive() const {
  int count = 0;
  std::array<char, 4096> buffer;
  for (const int socket : sockets_) {
    ssize_t size = 1;
    while (size > 0) size = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) ++count;
  }
  return count;
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  const bool bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  if (!bound) give_up("there is no free port");
  return ntohs(address.sin_port);
}

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace cassette::bench
