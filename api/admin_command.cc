// Admin command: from the flags to the records of the bucket.
#include "api/admin_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "api/http/permissions.h"
#include "api/identity/credentials.h"
#include "api/identity/ids.h"
#include "api/identity/journaled_security_log.h"
#include "api/identity/keyring.h"
#include "api/identity/passwords.h"
#include "api/identity/redirect_uri.h"
#include "api/identity/scopes.h"
#include "api/identity/signing_keys.h"
#include "api/ledger_access.h"
#include "eventstore/data_folder.h"
#include "eventstore/json_write.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Stored;
using eventstore::StoreError;
using Task = AdminSettings::Task;

constexpr int kRefused = 1;
constexpr int kCouldNotRun = 2;
constexpr std::string_view kOperator = "operator";  // the principal of whoever has the machine
constexpr std::string_view kNoRole = "none";

int refuse(const std::string& why) {
  fmt::print(stderr, "admin: {}\n", why);
  return kRefused;
}

int could_not_run(const std::string& why) {
  fmt::print(stderr, "admin: {}\n", why);
  return kCouldNotRun;
}

// What all tasks but `permissions` work on.
struct Desk {
  LedgerAccess access;
  std::unique_ptr<eventstore::KeyValue> bucket;
  std::unique_ptr<eventstore::Journal> journal;
  std::unique_ptr<JournaledSecurityLog> log;

  void record(std::string_view type, std::string_view credential, std::string_view detail) {
    log->record({wall_clock(), std::string(type), std::string(kOperator), std::string(credential),
                 "", "", std::string(detail)});
  }
};

Stored<Desk> open_desk(const AdminSettings& settings) {
  Desk desk;
  auto access = open_ledger(settings.ledger);
  if (!access) return Failure{access.error()};
  desk.access = std::move(access).value();
  auto bucket = desk.access.connection->create_bucket(kIdentityBucket);
  if (!bucket) return Failure{bucket.error()};
  desk.bucket = std::move(bucket).value();
  auto journal = desk.access.connection->open_journal(kSecurityJournal, {.keep_limits = true});
  if (!journal) return Failure{journal.error()};
  desk.journal = std::move(journal).value();
  desk.log = std::make_unique<JournaledSecurityLog>(*desk.journal);
  return desk;
}

std::filesystem::path master_key_file(const AdminSettings& settings) {
  if (!settings.master_key_file.empty()) return settings.master_key_file;
  return std::filesystem::path(settings.ledger.data) / "master.key";
}

// ---- creating ----------------------------------------------------------------------------------

// What can't be, in a sentence.
using Fault = std::optional<std::string>;

Fault set_role(Credential& credential, const AdminSettings& settings) {
  if (settings.role == kNoRole) {
    credential.role = domain::Role::System;
  } else {
    const auto role = enum_named<domain::Role>(settings.role);
    if (!role || *role == domain::Role::System) {
      return "--role is admin, service, vendor, customer, auditor or none, not " + settings.role;
    }
    credential.role = *role;
  }
  const bool vendor = credential.role == domain::Role::Vendor;
  const bool customer = credential.role == domain::Role::Customer;
  if (vendor != !settings.vendor.empty()) return "--vendor goes with the role vendor";
  if (customer != !settings.customer.empty()) return "--customer goes with the role customer";
  if (vendor && !domain::valid_id(settings.vendor)) return settings.vendor + " is no id";
  if (customer && !domain::valid_id(settings.customer)) return settings.customer + " is no id";
  if (vendor) credential.vendor_id = domain::VendorId{settings.vendor};
  if (customer) credential.customer_id = domain::CustomerId{settings.customer};
  return std::nullopt;
}

Fault set_scopes(Credential& credential, const AdminSettings& settings) {
  for (const std::string& scope : settings.scopes) {
    if (std::ranges::none_of(permissions(), [&](const Permission& row) {
          return !row.scope.empty() && opens({&scope, 1}, row.scope);
        })) {
      return "no operation needs the scope " + scope + "; see cassette admin permissions";
    }
    if (!contains(credential.scopes, scope)) credential.scopes.push_back(scope);
  }
  return std::nullopt;
}

Fault set_redirects(Credential& credential, const AdminSettings& settings) {
  for (const std::string& uri : settings.redirect_uris) {
    if (!valid_redirect_uri(uri)) {
      return "--redirect-uri takes https://…, http:// of 127.0.0.1 or [::1], or an app's own "
             "scheme with a dot in it, not " +
             uri;
    }
    credential.redirect_uris.push_back(uri);
  }
  const bool signs_in = !credential.redirect_uris.empty();
  if (settings.is_public && !signs_in) return "a --public client needs a --redirect-uri";
  if (settings.role == kNoRole && !signs_in) return "without a role, it needs a --redirect-uri";
  return std::nullopt;
}

// The flags of a task that are implied by its name.
AdminSettings completed(AdminSettings settings) {
  if (settings.task == Task::CreateVendor) settings.role = "vendor";
  if (settings.task == Task::CreateCustomer) {
    settings.role = "customer";
    if (settings.id.empty()) settings.id = settings.customer;
  }
  return settings;
}

bool is_login(Task task) {
  return task == Task::CreateCustomer || task == Task::CreateLogin;
}

Result<Credential, std::string> to_credential(const AdminSettings& settings) {
  Credential credential;
  credential.kind = is_login(settings.task) ? CredentialKind::Login : CredentialKind::Client;
  credential.created_at = wall_clock();
  credential.id = settings.id.empty() ? uuid_v7(credential.created_at) : settings.id;
  credential.name = settings.name;
  if (!domain::valid_id(credential.id)) return Failure{credential.id + " is no id"};
  if (auto fault = set_role(credential, settings)) return Failure{*std::move(fault)};
  if (auto fault = set_scopes(credential, settings)) return Failure{*std::move(fault)};
  if (credential.kind == CredentialKind::Login) {
    if (settings.role == kNoRole) return Failure{std::string("a login has a role")};
    return credential;
  }
  if (auto fault = set_redirects(credential, settings)) return Failure{*std::move(fault)};
  return credential;
}

// The first line of stdin.
Result<std::string, std::string> read_password() {
  std::string password;
  if (!std::getline(std::cin, password) || password.empty()) {
    return Failure{std::string("stdin holds no password")};
  }
  if (password.size() > kMaxPasswordBytes) {
    return Failure{fmt::format("a password has at most {} bytes", kMaxPasswordBytes)};
  }
  return password;
}

// What is shown once and kept nowhere.
struct Shown {
  std::string client_id, client_secret, username, password;

  static void fields(auto& self, auto&& visit) {
    visit("client_id", self.client_id);
    visit("client_secret", self.client_secret);
    visit("username", self.username);
    visit("password", self.password);
  }
};

void show(const Credential& credential, const std::string& secret) {
  Shown shown;
  const bool login = credential.kind == CredentialKind::Login;
  (login ? shown.username : shown.client_id) = credential.id;
  (login ? shown.password : shown.client_secret) = secret;
  std::string text;
  eventstore::write_json(text, shown);
  fmt::print("{}\n", text);
  if (!secret.empty()) fmt::print(stderr, "Keep the secret: it is shown this once.\n");
}

std::string describe(const Credential& credential) {
  std::string text = principal_of(credential);
  if (!credential.scopes.empty()) text += ", " + to_text(credential.scopes);
  return text;
}

int create(const AdminSettings& given) {
  const AdminSettings settings = completed(given);
  auto credential = to_credential(settings);
  if (!credential) return could_not_run(credential.error());
  std::string secret = settings.is_public ? "" : random_secret();
  if (settings.password_stdin) {
    auto password = read_password();
    if (!password) return could_not_run(password.error());
    secret = std::move(password).value();
  }
  if (!secret.empty()) {
    PasswordHasher hasher({});
    credential.value().secret_hash = hasher.hash(secret).value_or("");
    if (credential.value().secret_hash.empty()) return could_not_run("no hash could be made");
  }
  auto desk = open_desk(settings);
  if (!desk) return could_not_run(desk.error().what);
  const auto created = Credentials(*desk.value().bucket).create(credential.value());
  if (!created) {
    if (created.error().kind != StoreError::Kind::Conflict) {
      return could_not_run(created.error().what);
    }
    return refuse("there is or was a credential " + credential.value().id);
  }
  desk.value().record("CredentialCreated", credential.value().id, describe(credential.value()));
  show(credential.value(), settings.password_stdin ? "" : secret);
  return 0;
}

// ---- the other tasks ---------------------------------------------------------------------------

int revoke(const AdminSettings& settings) {
  auto desk = open_desk(settings);
  if (!desk) return could_not_run(desk.error().what);
  const auto revoked = Credentials(*desk.value().bucket).revoke(settings.id, wall_clock());
  if (!revoked) return could_not_run(revoked.error().what);
  if (!revoked.value()) return refuse("there is no credential " + settings.id);
  desk.value().record("CredentialRevoked", settings.id, "by cassette admin");
  fmt::print(stderr, "{} is revoked; its tokens are refused within seconds.\n", settings.id);
  return 0;
}

// Without the hash.
struct Listed {
  std::vector<Credential> credentials;

  static void fields(auto& self, auto&& visit) { visit("credentials", self.credentials); }
};

int list(const AdminSettings& settings) {
  auto desk = open_desk(settings);
  if (!desk) return could_not_run(desk.error().what);
  auto credentials = Credentials(*desk.value().bucket).list();
  if (!credentials) return could_not_run(credentials.error().what);
  Listed listed{std::move(credentials).value()};
  for (Credential& credential : listed.credentials) credential.secret_hash.clear();
  if (settings.json) {
    std::string text;
    eventstore::write_json(text, listed);
    fmt::print("{}\n", text.empty() ? "{}" : text);
    return 0;
  }
  for (const Credential& credential : listed.credentials) {
    fmt::print("{:<38}{:<8}{:<40}{}{}\n", credential.id, cassette::name_of(credential.kind),
               describe(credential), credential.name, credential.revoked_at ? " (revoked)" : "");
  }
  return 0;
}

int rotate_keys(const AdminSettings& settings) {
  auto desk = open_desk(settings);
  if (!desk) return could_not_run(desk.error().what);
  auto keys = desk.value().access.connection->create_bucket(kKeyBucket);
  if (!keys) return could_not_run(keys.error().what);
  auto keyring = Keyring::open(master_key_file(settings), *keys.value());
  if (!keyring) return could_not_run(keyring.error().what);
  const auto now = wall_clock();
  auto signing = SigningKeys::open(*desk.value().bucket, *keyring.value(), now);
  if (!signing) return could_not_run(signing.error().what);
  if (const auto done = signing.value()->rotate(now); !done)
    return could_not_run(done.error().what);
  desk.value().record("KeysRotated", "", "by cassette admin");
  fmt::print(stderr,
             "In two minutes tokens are signed with the new key; those of the old one hold on.\n");
  return 0;
}

// The lock of the data folder says that nobody has a keyring open; on a server of someone else's
// that is for whoever asks to know.
int rotate_master(const AdminSettings& settings) {
  std::unique_ptr<eventstore::DataFolder> lock;
  if (settings.ledger.nats_url.empty()) {
    if (!std::filesystem::exists(nats_folder(settings.ledger))) {
      return could_not_run("there is no ledger in " + settings.ledger.data);
    }
    auto folder = eventstore::DataFolder::open(settings.ledger.data, uuid_v7(wall_clock()));
    if (!folder) return could_not_run(folder.error().what);
    lock = std::move(folder).value();
  }
  auto desk = open_desk(settings);
  if (!desk) return could_not_run(desk.error().what);
  auto keys = desk.value().access.connection->create_bucket(kKeyBucket);
  if (!keys) return could_not_run(keys.error().what);
  const std::filesystem::path old_file = master_key_file(settings);
  std::filesystem::path new_file = settings.new_master_key_file;
  if (new_file.empty()) new_file = old_file.string() + ".new";
  const auto rotated = rotate_master_key(old_file, new_file, *keys.value());
  if (!rotated) return could_not_run(rotated.error().what);
  // One that we named is not the next rotation's new key.
  std::error_code ignored;
  if (settings.new_master_key_file.empty()) std::filesystem::remove(new_file, ignored);
  desk.value().record("MasterKeyRotated", "", "by cassette admin");
  fmt::print(stderr, "{} keys are wrapped by the new master key, in {}.\n",
             rotated.value().rewrapped + rotated.value().already, old_file.string());
  return 0;
}

int print_permissions(const AdminSettings& settings) {
  fmt::print("{}{}", settings.json ? permissions_json() : permissions_text(),
             settings.json ? "\n" : "");
  return 0;
}

}  // namespace

int run_admin(const AdminSettings& settings) {
  switch (settings.task) {
    case Task::CreateVendor:
    case Task::CreateCustomer:
    case Task::CreateClient:
    case Task::CreateLogin:
      return create(settings);
    case Task::Revoke:
      return revoke(settings);
    case Task::List:
      return list(settings);
    case Task::RotateKeys:
      return rotate_keys(settings);
    case Task::RotateMasterKey:
      return rotate_master(settings);
    case Task::Permissions:
      return print_permissions(settings);
  }
  return kCouldNotRun;
}

}  // namespace cassette::api
