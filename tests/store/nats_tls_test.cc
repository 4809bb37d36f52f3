// TLS to a server that someone else runs: its certificate must come from the CA that was named and
// be its host's, and it may ask for ours.
#include <fcntl.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

#include "eventstore/nats_server_process.h"
#include "tests/support/cassette_process.h"
#include "tests/support/nats_fixture.h"

namespace cassette::test {
namespace {

using eventstore::JetStreamConnection;
using eventstore::JetStreamTls;
using eventstore::ServerProcess;

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

// A CA, and certificates of it; made by the openssl command in the folder.
class Certificates {
 public:
  Certificates(std::filesystem::path folder, const std::string& name)
      : folder_(std::move(folder)), name_(name) {
    run("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=" + name + " -keyout " + name +
        ".key -out " + name + ".pem");
  }
  void issue(const std::string& who, const std::string& alternative) const {
    write_text(folder_ / (who + ".ext"), "subjectAltName=" + alternative + "\n");
    run("req -newkey rsa:2048 -nodes -subj /CN=" + who + " -keyout " + who + ".key -out " + who +
        ".csr");
    run("x509 -req -days 2 -in " + who + ".csr -CA " + name_ + ".pem -CAkey " + name_ +
        ".key -CAcreateserial -extfile " + who + ".ext -out " + who + ".pem");
  }

 private:
  void run(const std::string& arguments) const {
    const std::string command =
        "cd '" + folder_.string() + "' && openssl " + arguments + " >openssl.log 2>&1";
    REQUIRE_MESSAGE(std::system(command.c_str()) == 0, arguments);
  }

  const std::filesystem::path folder_;
  const std::string name_;
};

// A nats-server with TLS, as an operator would configure it.
class TlsServer {
 public:
  TlsServer(const std::filesystem::path& folder, const std::string& who, bool asks_for_ours) {
    const auto path = [&](std::string_view name) { return (folder / name).string(); };
    const std::string verify =
        asks_for_ours ? fmt::format("ca_file: \"{}\", verify: true", path("ca.pem")) : "";
    write_text(folder / "tls.conf",
               fmt::format("listen: \"127.0.0.1:-1\"\nports_file_dir: \"{}\"\n"
                           "jetstream {{ store_dir: \"{}\" }}\n"
                           "tls {{ cert_file: \"{}\", key_file: \"{}\", {} }}\n",
                           folder.string(), path("store"), path(who + ".pem"), path(who + ".key"),
                           verify));
    const eventstore::FileDescriptor lock(
        open(path("tls.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    process_ = std::make_unique<ServerProcess>(
        must(eventstore::launch({.binary = must(eventstore::find_nats_server()),
                                 .config = folder / "tls.conf",
                                 .log = folder / "tls.log",
                                 .pid_file = folder / "tls.pid"},
                                lock)));
    const auto ports = folder / fmt::format("nats-server_{}.ports", process_->pid());
    REQUIRE(await([&] { return read_port(ports); }));
  }
  ~TlsServer() { process_->end(std::chrono::seconds(20)); }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::string url(const std::string& host) const {
    return fmt::format("nats://{}:{}", host, port_);
  }

 private:
  // {"nats":["nats://127.0.0.1:41935"]}
  bool read_port(const std::filesystem::path& ports) {
    const auto text = eventstore::read_file(ports);
    if (!text.ok() || text.value().find('}') == std::string::npos) return false;
    const std::size_t colon = text.value().find("127.0.0.1:");
    if (colon == std::string::npos) return false;
    port_ = std::strtoul(text.value().c_str() + colon + 10, nullptr, 10);
    return port_ != 0;
  }

  std::unique_ptr<ServerProcess> process_;
  std::uint64_t port_ = 0;
};

bool connects(const std::string& url, const JetStreamTls& tls) {
  const auto connection = JetStreamConnection::connect({.url = url, .tls = tls});
  if (!connection.ok()) return false;
  must(connection.value()->create_ledger_stream(0, {}));
  return true;
}

TEST_CASE("a server with TLS is talked to when its certificate is of the CA and of its host") {
  const TemporaryFolder folder;
  const Certificates ours(folder.path(), "ca");
  const Certificates theirs(folder.path(), "other-ca");
  ours.issue("server", "IP:127.0.0.1,DNS:localhost");
  const TlsServer server(folder.path(), "server", false);
  const std::string ca = folder / "ca.pem";
  CHECK(connects(server.url("127.0.0.1"), {.ca_file = ca}));
  CHECK(connects(server.url("localhost"), {.ca_file = ca}));
  CHECK_FALSE(connects(server.url("127.0.0.1"), {}));
  CHECK_FALSE(connects(server.url("127.0.0.1"), {.ca_file = folder / "other-ca.pem"}));
  CHECK_FALSE(connects(server.url("127.0.0.1"), {.ca_file = folder / "absent.pem"}));
}

TEST_CASE("a certificate of the CA for another host is refused") {
  const TemporaryFolder folder;
  const Certificates ours(folder.path(), "ca");
  ours.issue("server", "DNS:elsewhere.example");
  const TlsServer server(folder.path(), "server", false);
  CHECK_FALSE(connects(server.url("127.0.0.1"), {.ca_file = folder / "ca.pem"}));
}

TEST_CASE("a server that asks for our certificate gets it, and takes no other") {
  const TemporaryFolder folder;
  const Certificates ours(folder.path(), "ca");
  const Certificates theirs(folder.path(), "other-ca");
  ours.issue("server", "IP:127.0.0.1");
  ours.issue("engine", "DNS:engine");
  theirs.issue("stranger", "DNS:engine");
  const TlsServer server(folder.path(), "server", true);
  const std::string ca = folder / "ca.pem";
  const std::string url = server.url("127.0.0.1");
  CHECK(connects(
      url, {.ca_file = ca, .cert_file = folder / "engine.pem", .key_file = folder / "engine.key"}));
  CHECK_FALSE(connects(url, {.ca_file = ca}));
  CHECK_FALSE(connects(
      url,
      {.ca_file = ca, .cert_file = folder / "stranger.pem", .key_file = folder / "stranger.key"}));
}

TEST_CASE("a server without TLS is not talked to when TLS was asked for") {
  NatsFixture nats;
  const Certificates ours(nats.folder().path(), "ca");
  CHECK_FALSE(connects(nats.url(), {.ca_file = nats.folder() / "ca.pem"}));
  CHECK(connects(nats.url(), {}));
}

}  // namespace
}  // namespace cassette::test
