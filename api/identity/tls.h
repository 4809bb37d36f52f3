// Tls: the server's side of TLS 1.2 and 1.3 (RFC 5246, RFC 8446) on connected sockets, and the
// certificate that it shows, which can be changed while connections go on. It opens no socket, asks
// no client for a certificate, and knows nothing of what is said.
#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>

#include "eventstore/store_error.h"

namespace cassette::api {

// PEM files: the certificate with whatever stands between it and its root, and its key.
struct TlsFiles {
  std::string certificate;
  std::string key;
};

// One connection's side. One thread uses it. The socket blocks, with timeouts, stays the caller's
// and is still open when this goes.
class TlsSession {
 public:
  // What `handshake`, `read` and `write` give when the socket's timeout passed with nothing done:
  // whoever has time left calls again, `write` with the same bytes.
  static constexpr ssize_t kNotYet = -1;

  struct Parts;
  explicit TlsSession(std::unique_ptr<Parts> parts);
  ~TlsSession();

  // 1 when the connection stands, 0 when it never will.
  ssize_t handshake();
  // How many bytes; 0 when the other side has ended, or broken off.
  ssize_t read(char* to, std::size_t size);
  ssize_t write(const char* from, std::size_t size);
  // Says that nothing more comes. Does not wait for the other side to say so too.
  void finish();

 private:
  std::unique_ptr<Parts> parts_;
};

// Thread-safe.
class TlsContext {
 public:
  // Unsupported, with which file and why: it can't be read, is not PEM, has a passphrase, or the
  // key is not the certificate's.
  static eventstore::Stored<std::unique_ptr<TlsContext>> load(const TlsFiles& files);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Reads the files again: handshakes that begin from now on get the new certificate, connections
  // that stand go on. A failure, as of `load`, leaves everything as it was.
  eventstore::Stored<eventstore::Done> reload();

  // A session on `socket`, still before its handshake; null when memory is short.
  std::unique_ptr<TlsSession> session(int socket) const;

 private:
  struct Certificate;
  TlsContext(TlsFiles files, std::shared_ptr<Certificate> certificate);
  static eventstore::Stored<std::shared_ptr<Certificate>> read(const TlsFiles& files);

  const TlsFiles files_;
  mutable std::mutex mutex_;
  std::shared_ptr<Certificate> certificate_;
};

}  // namespace cassette::api
