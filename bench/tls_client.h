// TlsClient: one kept connection under TLS to a server on this machine, one request at a time; and
// connections on which nothing more is said. It knows no route.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cassette::bench {

struct TlsAnswer {
  int status = 0;
  std::string head;  // status line and header fields
  std::string body;

  // The value of a header field; empty when there is none. `name` as the server writes it.
  std::string header(std::string_view name) const;
};

// Whom TLS clients believe. Thread-safe.
class TlsTrust {
 public:
  // The server's own certificate, PEM.
  explicit TlsTrust(const std::filesystem::path& certificate);

 private:
  friend class TlsClient;
  std::shared_ptr<void> context_;
};

// One thread uses it. Whatever goes wrong ends the bench.
class TlsClient {
 public:
  TlsClient(const TlsTrust& trust, std::uint16_t port);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // Sends a request as it is, and reads its answer, which must have a Content-Length.
  TlsAnswer ask(const std::string& request);
  // "GET target" with these header lines.
  TlsAnswer get(const std::string& target, const std::string& lines = "");

  // Gives the socket away, open, without what TLS remembers of it: to be kept and closed only.
  int leave_open();

 private:
  bool more();

  struct Session;
  std::unique_ptr<Session> session_;
  int socket_ = -1;
  std::string unread_;
};

// Connections that each had one GET answered and are silent since. They take nearly no memory here.
class IdleClients {
 public:
  // Blocks until all are connected.
  IdleClients(const TlsTrust& trust, std::uint16_t port, const std::string& target, int count);
  // Closes them at once, with a reset: none is left waiting.
  ~IdleClients();
  IdleClients(const IdleClients&) = delete;
  IdleClients& operator=(const IdleClients&) = delete;

  // How many the server has not closed.
  int alive() const;

 private:
  std::vector<int> sockets_;
};

// A port of 127.0.0.1 that was free a moment ago.
std::uint16_t free_port();

// So many files may be open as this user may have at all.
void raise_file_limit();

}  // namespace cassette::bench
