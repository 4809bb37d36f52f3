// Bootstrap: the file first, the credential after it, so that what is cut short is begun anew.
#include "api/bootstrap.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "eventstore/data_folder.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Stored;
using eventstore::StoreError;

constexpr std::string_view kCredentialPrefix = "cred.";

Failure<StoreError> unwritten(const std::filesystem::path& file) {
  return Failure{StoreError{StoreError::Kind::Unavailable,
                            file.string() + " can't be written: " + std::strerror(errno)}};
}

// A file of another is replaced and never written to: its mode may be wider.
Stored<Done> write_private(const std::filesystem::path& file, const std::string& text) {
  ::unlink(file.c_str());
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  const eventstore::FileDescriptor out(::open(file.c_str(), flags, 0600));
  if (!out) return unwritten(file);
  const auto size = static_cast<ssize_t>(text.size());
  if (::write(out.get(), text.data(), text.size()) != size || ::fsync(out.get()) != 0) {
    return unwritten(file);
  }
  return Done{};
}

// By the names alone: each start asks, and there may be a hundred thousand sign-ins. No credential
// is ever removed.
Stored<bool> has_credentials(eventstore::KeyValue& bucket) {
  const auto keys = bucket.names();
  if (!keys) return Failure{keys.error()};
  return std::ranges::any_of(
      keys.value(), [](const std::string& key) { return key.starts_with(kCredentialPrefix); });
}

}  // namespace

std::filesystem::path bootstrap_file(const std::filesystem::path& data) {
  return data / "bootstrap-admin.json";
}

Stored<bool> bootstrap(eventstore::KeyValue& bucket, Identity& identity, SecurityLog& log,
                       const std::filesystem::path& data, domain::Timestamp now) {
  const auto there = has_credentials(bucket);
  if (!there) return Failure{there.error()};
  if (there.value()) return false;
  const ClientSecret client{std::string(kBootstrapClient), random_secret()};
  std::string text;
  eventstore::write_json(text, client);
  const auto file = bootstrap_file(data);
  if (const auto written = write_private(file, text + "\n"); !written) {
    return Failure{written.error()};
  }
  Credential credential;
  credential.id = client.client_id;
  credential.name = "The first administrator";
  const auto hash = identity.hasher().hash(client.client_secret);
  if (!hash) return Failure{StoreError{StoreError::Kind::Unavailable, "no hash could be made"}};
  credential.secret_hash = *hash;
  credential.role = domain::Role::Administrator;
  credential.created_at = now;
  const auto created = identity.credentials().create(credential);
  if (created) {
    log.record({now, "CredentialCreated", "system", credential.id, "", "", "at the first start"});
    return true;
  }
  ::unlink(file.c_str());  // of nobody
  // Another process on the same server was first: its file has the secret.
  if (created.error().kind == StoreError::Kind::Conflict) return false;
  return Failure{created.error()};
}

std::optional<ClientSecret> read_bootstrap(const std::filesystem::path& data) {
  const auto text = eventstore::read_file(bootstrap_file(data));
  ClientSecret client;
  if (!text || !eventstore::read_json(text.value(), client)) return std::nullopt;
  if (client.client_id.empty() || client.client_secret.empty()) return std::nullopt;
  return client;
}

}  // namespace cassette::api
