// TLS on the listener: the same behaviour as in plain, and certificates that change while
// connections go on.
#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "api/identity/tls.h"
#include "tests/support/certificates.h"
#include "tests/unit/api/served.h"

namespace cassette::api {
namespace {

using test::Certificate;
using test::self_signed;
using test::write_file;

// A client that trusts anyone, on a raw connection.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, int highest = TLS1_3_VERSION)
      : connection_(port), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), highest);
    ssl_ = {SSL_new(context_.get()), SSL_free};
    SSL_set_fd(ssl_.get(), connection_.socket());
    connected_ = SSL_connect(ssl_.get()) == 1;
    ERR_clear_error();
  }
  bool connected() const { return connected_; }
  std::string version() const { return SSL_get_version(ssl_.get()); }
  void send(const std::string& bytes) {
    SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }
  // All that comes until it ends with `end`, or the connection's.
  std::string receive(const std::string& end) {
    std::array<char, 16384> buffer;
    while (!std::string_view(got_).ends_with(end)) {
      const int size = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
      if (size <= 0) break;
      got_.append(buffer.data(), static_cast<std::size_t>(size));
    }
    ERR_clear_error();
    return std::exchange(got_, {});
  }
  // Who the other side says it is.
  std::string peer() const {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        SSL_get1_peer_certificate(ssl_.get()), X509_free);
    std::array<char, 64> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(),
                              static_cast<int>(name.size()));
    return name.data();
  }

 private:
  Connection connection_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  bool connected_ = false;
  std::string got_;
};

// A listener under TLS whose certificate is `first.example`'s.
struct Secured {
  TemporaryFolder folder;
  TlsFiles files{(folder.path() / "cert.pem").string(), (folder.path() / "key.pem").string()};
  std::unique_ptr<Served> served;

  Secured() {
    put(self_signed("first.example"));
    HttpServer::Options options = Served::few_threads();
    options.tls = files;
    served = std::make_unique<Served>(options);
  }
  void put(const Certificate& certificate) const {
    write_file(files.certificate, certificate.certificate);
    write_file(files.key, certificate.key);
  }
  HttpServer& server() const { return *served->server; }
  std::uint16_t port() const { return served->server->port(); }
};

const std::string kDocument = R"({"vendorId":"7"})";

}  // namespace

TEST_CASE("requests are served under TLS 1.2 and 1.3, and under nothing older") {
  const Secured secured;
  CHECK(secured.server().url() == "https://127.0.0.1:" + std::to_string(secured.port()));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(secured.port(), version);
    REQUIRE(client.connected());
    for (int i = 0; i < 3; ++i) {
      client.send(request("GET /vendors/7"));
      const std::string response = client.receive(kDocument);
      CHECK(response.starts_with("HTTP/1.1 200 OK\r\n"));
      CHECK(response.find("Strict-Transport-Security: max-age=31536000\r\n") != std::string::npos);
    }
  }
  CHECK_FALSE(TlsClient(secured.port(), TLS1_1_VERSION).connected());
}

TEST_CASE("under TLS, too, what is ambiguous ends its connection, and requests may come at once") {
  const Secured secured;
  TlsClient client(secured.port());
  client.send(
      request("GET /vendors/7") + request("GET /vendors/7") +
      request("POST /vendors", kAsJson + "Content-Length: 2\r\nContent-Length: 3\r\n", "{}"));
  const std::string all = client.receive("never");
  CHECK(all.find(kDocument) != all.rfind(kDocument));
  CHECK(all.find("HTTP/1.1 400") != std::string::npos);
  CHECK(all.find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("a large answer comes whole") {
  const Secured secured;
  const std::string large = "\"" + std::string(3'000'000, 'x') + "\"";
  secured.served->models.put(projections::Model::Vendors, "8", large, 1);
  TlsClient client(secured.port());
  client.send(request("GET /vendors/8"));
  CHECK(client.receive("x\"").ends_with(large));
}

TEST_CASE("who talks plain HTTP to it is hung up on, and others are served") {
  const Secured secured;
  CHECK(secured.served->ask(request("GET /vendors/7")).find("200") == std::string::npos);
  CHECK(TlsClient(secured.port()).connected());
}

TEST_CASE("a new certificate is shown to who comes, and who is there stays") {
  const Secured secured;
  TlsClient before(secured.port());
  CHECK(before.peer() == "first.example");
  secured.put(self_signed("second.example"));
  REQUIRE(secured.server().reload_certificate());
  CHECK(TlsClient(secured.port()).peer() == "second.example");
  before.send(request("GET /vendors/7"));
  CHECK(before.receive(kDocument).ends_with(kDocument));
}

TEST_CASE("a certificate that is none is refused by name, and the old one stays") {
  const Secured secured;
  const Certificate other = self_signed("other.example");
  struct Bad {
    std::string certificate, key, says;
  };
  const std::vector<Bad> bad = {
      {"nonsense", other.key, "no certificate"},
      {other.certificate, "nonsense", "no key"},
      {other.certificate, self_signed("third.example").key, "is not that of the certificate"},
      {"", "", "no certificate"},
  };
  for (const auto& [certificate, key, says] : bad) {
    secured.put({certificate, key});
    const auto reloaded = secured.server().reload_certificate();
    REQUIRE_FALSE(reloaded);
    CHECK_MESSAGE(reloaded.error().what.find(says) != std::string::npos, reloaded.error().what);
    CHECK(TlsClient(secured.port()).peer() == "first.example");
    HttpServer::Options options;
    options.tls = secured.files;
    CHECK_FALSE(HttpServer::bind(options));
  }
  CHECK_FALSE(TlsContext::load({"/nowhere/cert.pem", "/nowhere/key.pem"}));
}

TEST_CASE("beyond loopback TLS needs no leave") {
  const Secured secured;
  HttpServer::Options options;
  options.address = "0.0.0.0";
  options.tls = secured.files;
  CHECK(HttpServer::bind(options));
}

}  // namespace cassette::api
