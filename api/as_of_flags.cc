// As-of flags: a moment and a document, or two moments and one.
#include "api/as_of_flags.h"

#include <CLI/CLI.hpp>

#include "replay/as_of.h"

namespace cassette::api {
namespace {

constexpr std::size_t kPlainWords = 3;
constexpr std::size_t kDiffWords = 2;

}  // namespace

CLI::App* add_as_of(CLI::App& replay, AsOfSettings& settings,
                    void (*add_ledger)(CLI::App&, LedgerSettings&)) {
  CLI::App* sub = replay.add_subcommand(
      "as-of",
      "Print a document as it stood at a moment, a position such as 0:1841 or a time in UTC; exits "
      "0 when it was there, 1 when not, 2 on failure");
  add_ledger(*sub, settings.ledger);
  sub->add_option("MOMENT KIND ID", settings.words,
                  "KIND is one of: " + replay::kinds() +
                      "; ID of two is VENDOR/PRODUCT or VENDOR/ORDER; with --diff only KIND ID")
      ->required();
  sub->add_option("--diff", settings.diff,
                  "Two moments: what changed between them, and which events did it")
      ->expected(2)
      ->allow_extra_args(false);  // what follows the two is KIND ID
  sub->add_flag("--open", settings.open,
                "Show personal data in clear, and of who was erased as null");
  sub->add_option("--master-key-file", settings.master_key_file,
                  "Key that wraps the keys of personal data (default DATA/master.key)")
      ->envname("CASSETTE_MASTER_KEY_FILE")
      ->check(CLI::ExistingFile);
  sub->add_flag("--json", settings.json, "One JSON object, with position and time")
      ->envname("CASSETTE_JSON");
  sub->callback([&settings] {
    const std::size_t wanted = settings.diff.empty() ? kPlainWords : kDiffWords;
    if (settings.words.size() == wanted) return;
    throw CLI::ValidationError(settings.diff.empty() ? "as-of takes MOMENT KIND ID"
                                                     : "as-of --diff A B takes KIND ID");
  });
  return sub;
}

}  // namespace cassette::api
