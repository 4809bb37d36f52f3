// Notary flags, with their environment variables.
#include "api/notary_flags.h"

#include <CLI/CLI.hpp>

#include "eventstore/commit.h"

namespace cassette::api {
namespace {

constexpr std::uint64_t kMaxCommits = 1'000'000'000;
constexpr int kMaxMinutes = 60 * 24 * 7;

std::string position_objection(const std::string& text) {
  return eventstore::parse_position(text) ? "" : text + " is no position such as 0:1841";
}

void add_keys(CLI::App& app, HeadsSettings& settings, const std::string& what) {
  app.add_option("--key", settings.keys, what)
      ->envname("CASSETTE_NOTARY_KEY")
      ->allow_extra_args(false);
}

void add_json(CLI::App& app, HeadsSettings& settings, const std::string& what) {
  app.add_flag("--json", settings.json, what)->envname("CASSETTE_JSON");
}

CLI::App* add_list(CLI::App& replay, HeadsSettings& settings) {
  CLI::App* sub = replay.add_subcommand(
      "heads",
      "List the signed heads, and check their signatures and order; exits 0 when sound, 1 when "
      "not, 2 on failure");
  sub->add_option("--after", settings.since, "Only heads with greater numbers");
  add_keys(*sub, settings,
           "Public key that heads must be signed by, or a file with one a line; repeatable "
           "(default DATA/notary/keys)");
  add_json(*sub, settings, "The heads as they are, one a line");
  sub->callback([&settings] { settings.task = HeadsSettings::Task::List; });
  return sub;
}

CLI::App* add_prove(CLI::App& replay, HeadsSettings& settings) {
  CLI::App* sub = replay.add_subcommand(
      "prove",
      "Print a proof that a commit is below a signed head or, with --since, that one head goes on "
      "from another; exits 0 when there is one, 1 when not, 2 on failure");
  CLI::Option* position =
      sub->add_option("POSITION", settings.position, "The commit, such as 0:1841")
          ->check(CLI::Validator(position_objection, "POSITION"));
  CLI::Option* since =
      sub->add_option("--since", settings.since, "Number of the head to begin with")
          ->check(CLI::PositiveNumber);
  sub->add_option("--head", settings.head_number, "Number of the head (default: the last one)")
      ->check(CLI::PositiveNumber);
  position->excludes(since);
  add_keys(*sub, settings,
           "Public key that heads must be signed by, or a file with one a line; repeatable "
           "(default DATA/notary/keys)");
  sub->callback([&settings] {
    settings.task = HeadsSettings::Task::Prove;
    if (settings.position.empty() && settings.since == 0) {
      throw CLI::ValidationError("prove takes a POSITION, or --since NUMBER");
    }
  });
  return sub;
}

CLI::App* add_check(CLI::App& replay, HeadsSettings& settings) {
  CLI::App* sub = replay.add_subcommand(
      "check",
      "Check a proof with nothing but the notary's public key: no ledger, no server; exits 0 when "
      "it holds, 1 when not, 2 on failure");
  sub->add_option("PROOF", settings.proof_file, "File that `prove` or GET /audit/proof gave")
      ->required()
      ->check(CLI::ExistingFile);
  sub->add_option(
         "--head", settings.head_file,
         "File of signed heads, one a line: the proof must be about one of them, and one that a "
         "head goes on from another must begin with one of them (default: "
         "the head in the proof, which the key has to have signed as well)")
      ->check(CLI::ExistingFile);
  add_keys(*sub, settings, "The notary's public key, or a file with one a line; repeatable");
  sub->get_option("--key")->required();
  add_json(*sub, settings, "One JSON object");
  sub->callback([&settings] { settings.task = HeadsSettings::Task::Check; });
  return sub;
}

}  // namespace

void add_notary(CLI::App& up, NotarySettings& settings) {
  up.add_option("--notary-commits", settings.commits,
                "Messages after which the ledger's head is signed")
      ->envname("CASSETTE_NOTARY_COMMITS")
      ->check(CLI::Range(std::uint64_t{1}, kMaxCommits))
      ->capture_default_str();
  up.add_option("--notary-minutes", settings.minutes,
                "Minutes after which it is signed, when there is any new commit")
      ->envname("CASSETTE_NOTARY_MINUTES")
      ->check(CLI::Range(1, kMaxMinutes))
      ->capture_default_str();
  up.add_flag("--no-notary", settings.off, "Sign no heads")->envname("CASSETTE_NO_NOTARY");
}

bool HeadsApps::parsed() const {
  return heads->parsed() || prove->parsed() || check->parsed();
}

HeadsApps add_heads(CLI::App& replay, HeadsSettings& settings,
                    void (*add_ledger)(CLI::App&, LedgerSettings&)) {
  CLI::App* heads = add_list(replay, settings);
  add_ledger(*heads, settings.ledger);
  CLI::App* prove = add_prove(replay, settings);
  add_ledger(*prove, settings.ledger);
  return {heads, prove, add_check(replay, settings)};
}

}  // namespace cassette::api
