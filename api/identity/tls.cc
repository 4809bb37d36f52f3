// Tls: OpenSSL, with what is weaker than ephemeral keys and authenticated encryption left out.
#include "api/identity/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <limits>

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Stored;
using eventstore::StoreError;

// Of TLS 1.2; those of 1.3 are all of this kind.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

Failure<StoreError> refused(const std::string& file, std::string_view why) {
  return Failure{StoreError{StoreError::Kind::Unsupported, fmt::format("TLS: {}: {}", file, why)}};
}

// The reason of the last failure on this thread.
std::string last_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "it can't be read" : reason;
}

// Without it OpenSSL asks the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

struct TlsContext::Certificate {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  Certificate() = default;
  ~Certificate() { SSL_CTX_free(context); }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;
};

struct TlsSession::Parts {
  SSL* ssl = nullptr;
  ~Parts() { SSL_free(ssl); }

  // What a call that gave `result` means.
  ssize_t outcome(int result) const {
    if (result > 0) return result;
    const int error = SSL_get_error(ssl, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? kNotYet : 0;
  }
};

TlsSession::TlsSession(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

TlsSession::~TlsSession() = default;

ssize_t TlsSession::handshake() {
  ERR_clear_error();
  return parts_->outcome(SSL_accept(parts_->ssl));
}

ssize_t TlsSession::read(char* to, std::size_t size) {
  ERR_clear_error();
  const auto most = std::min<std::size_t>(size, std::numeric_limits<int>::max());
  return parts_->outcome(SSL_read(parts_->ssl, to, static_cast<int>(most)));
}

ssize_t TlsSession::write(const char* from, std::size_t size) {
  ERR_clear_error();
  const auto most = std::min<std::size_t>(size, std::numeric_limits<int>::max());
  return parts_->outcome(SSL_write(parts_->ssl, from, static_cast<int>(most)));
}

void TlsSession::finish() {
  ERR_clear_error();
  if (SSL_is_init_finished(parts_->ssl) == 1) SSL_shutdown(parts_->ssl);
}

TlsContext::TlsContext(TlsFiles files, std::shared_ptr<Certificate> certificate)
    : files_(std::move(files)), certificate_(std::move(certificate)) {}

TlsContext::~TlsContext() = default;

Stored<std::shared_ptr<TlsContext::Certificate>> TlsContext::read(const TlsFiles& files) {
  auto certificate = std::make_shared<Certificate>();
  SSL_CTX* context = certificate->context;
  if (context == nullptr) return refused(files.certificate, "OpenSSL gives no context");
  ERR_clear_error();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(
      context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_cipher_list(context, kCiphers);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    return refused(files.certificate, "no certificate in PEM: " + last_reason());
  }
  // Gives the certificate up when the key isn't its own, and takes the key.
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    const int code = ERR_GET_REASON(ERR_peek_last_error());
    if (code == X509_R_KEY_VALUES_MISMATCH || code == X509_R_KEY_TYPE_MISMATCH) {
      ERR_clear_error();
      return refused(files.key, "the key is not that of the certificate " + files.certificate);
    }
    return refused(files.key, "no key in PEM without a passphrase: " + last_reason());
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return refused(files.key, "the key is not that of the certificate " + files.certificate);
  }
  return certificate;
}

Stored<std::unique_ptr<TlsContext>> TlsContext::load(const TlsFiles& files) {
  auto certificate = read(files);
  if (!certificate) return Failure{certificate.error()};
  return std::unique_ptr<TlsContext>(new TlsContext(files, std::move(certificate).value()));
}

Stored<Done> TlsContext::reload() {
  auto certificate = read(files_);
  if (!certificate) return Failure{certificate.error()};
  const std::lock_guard lock(mutex_);
  certificate_ = std::move(certificate).value();
  return Done{};
}

std::unique_ptr<TlsSession> TlsContext::session(int socket) const {
  std::shared_ptr<Certificate> certificate;
  {
    const std::lock_guard lock(mutex_);
    certificate = certificate_;
  }
  // The session keeps the context that it was made of.
  auto parts = std::make_unique<TlsSession::Parts>();
  parts->ssl = SSL_new(certificate->context);
  if (parts->ssl == nullptr || SSL_set_fd(parts->ssl, socket) != 1) return nullptr;
  return std::make_unique<TlsSession>(std::move(parts));
}

}  // namespace cassette::api
