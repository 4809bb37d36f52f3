// Admin flags: what each task needs and nothing else.
#include "api/admin_flags.h"

#include <CLI/CLI.hpp>

namespace cassette::api {
namespace {

using Task = AdminSettings::Task;

// Joins what the subcommands share.
class AdminFlags {
 public:
  AdminFlags(CLI::App& app, AdminSettings& settings, void (*add_ledger)(CLI::App&, LedgerSettings&))
      : settings_(settings), add_ledger_(add_ledger) {
    admin_ = app.add_subcommand("admin", "Manage credentials and keys, and print permissions");
    admin_->require_subcommand(1);
  }

  const CLI::App* admin() const { return admin_; }

  CLI::App* task(const char* name, const char* what, Task task) {
    CLI::App* sub = admin_->add_subcommand(name, what);
    sub->callback([&settings = settings_, task] { settings.task = task; });  // while it parses
    if (task != Task::Permissions) add_ledger_(*sub, settings_.ledger);
    return sub;
  }
  void add_identity(CLI::App& sub, const char* id_flag, const char* id_help) {
    sub.add_option(id_flag, settings_.id, id_help);
    sub.add_option("--name", settings_.name, "What people call it, for the list");
    sub.add_option("--scope", settings_.scopes,
                   "Narrower than the role, such as stock:write; may be repeated");
  }
  void add_role(CLI::App& sub) {
    sub.add_option("--role", settings_.role, "admin, service, vendor, customer, auditor or none")
        ->required();
    sub.add_option("--vendor", settings_.vendor, "Id of the vendor, with the role vendor");
    sub.add_option("--customer", settings_.customer, "Id of the customer, with the role customer");
  }
  void add_password(CLI::App& sub) {
    sub.add_flag("--password-stdin", settings_.password_stdin,
                 "Read the password from the first line of stdin; else one is made and printed");
  }
  void add_json(CLI::App& sub) {
    sub.add_flag("--json", settings_.json, "As one JSON object")->envname("CASSETTE_JSON");
  }
  void add_master_key(CLI::App& sub) {
    sub.add_option("--master-key-file", settings_.master_key_file,
                   "Key that wraps the keys of personal data (default DATA/master.key)")
        ->envname("CASSETTE_MASTER_KEY_FILE");
  }

 private:
  AdminSettings& settings_;
  void (*add_ledger_)(CLI::App&, LedgerSettings&);
  CLI::App* admin_;
};

void add_creations(AdminFlags& flags, AdminSettings& settings) {
  CLI::App* vendor =
      flags.task("create-vendor-credential", "Make a client of a vendor's", Task::CreateVendor);
  vendor->add_option("--vendor", settings.vendor, "Id of the vendor")->required();
  flags.add_identity(*vendor, "--id", "The client_id (default: made)");
  CLI::App* customer =
      flags.task("create-customer-login", "Make a login of a customer's", Task::CreateCustomer);
  customer->add_option("--customer", settings.customer, "Id of the customer")->required();
  flags.add_identity(*customer, "--user", "The name to sign in with (default: the customer's id)");
  flags.add_password(*customer);
  CLI::App* client = flags.task("create-client", "Make a client of any role", Task::CreateClient);
  flags.add_role(*client);
  flags.add_identity(*client, "--id", "The client_id (default: made)");
  client->add_option("--redirect-uri", settings.redirect_uris,
                     "Where people who sign in are sent back to; may be repeated");
  client->add_flag("--public", settings.is_public, "A client that can keep no secret");
  CLI::App* login = flags.task("create-login", "Make a login of any role", Task::CreateLogin);
  flags.add_role(*login);
  flags.add_identity(*login, "--user", "The name to sign in with (default: made)");
  flags.add_password(*login);
}

}  // namespace

const CLI::App* add_admin(CLI::App& app, AdminSettings& settings,
                          void (*add_ledger)(CLI::App&, LedgerSettings&)) {
  AdminFlags flags(app, settings, add_ledger);
  add_creations(flags, settings);
  CLI::App* revoke = flags.task("revoke", "Revoke a credential for good", Task::Revoke);
  revoke->add_option("ID", settings.id, "The client_id, or the name of a login")->required();
  flags.add_json(*flags.task("list", "List credentials, revoked ones too", Task::List));
  CLI::App* keys = flags.task("rotate-keys", "Sign tokens with a new key", Task::RotateKeys);
  flags.add_master_key(*keys);
  CLI::App* master =
      flags.task("rotate-master-key", "Wrap all keys anew, while no `cassette up` runs on them",
                 Task::RotateMasterKey);
  flags.add_master_key(*master);
  master->add_option("--new-master-key-file", settings.new_master_key_file,
                     "The new key, made when absent (default: the old file's name and .new)");
  flags.add_json(*flags.task("permissions", "Print who may do what, operation by operation",
                             Task::Permissions));
  return flags.admin();
}

}  // namespace cassette::api
