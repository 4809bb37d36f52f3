// Notary flags: of `up`, and the command lines of `cassette replay heads`, `prove` and `check`.
#pragma once

#include "api/settings.h"

namespace CLI {
class App;
}

namespace cassette::api {

void add_notary(CLI::App& up, NotarySettings& settings);

// Adds the three to `replay`; each sets `settings.task`. `add_ledger` adds the flags that say where
// the ledger is.
struct HeadsApps {
  const CLI::App* heads = nullptr;
  const CLI::App* prove = nullptr;
  const CLI::App* check = nullptr;

  bool parsed() const;
};
HeadsApps add_heads(CLI::App& replay, HeadsSettings& settings,
                    void (*add_ledger)(CLI::App&, LedgerSettings&));

}  // namespace cassette::api
