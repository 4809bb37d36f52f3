// Story flags: the command lines of `cassette replay explain`, `export` and `restore`.
#pragma once

#include "api/settings.h"

namespace CLI {
class App;
}

namespace cassette::api {

struct StoryApps {
  const CLI::App* explain = nullptr;
  const CLI::App* exporting = nullptr;
  const CLI::App* restore = nullptr;

  bool parsed() const;
};

// Adds the three to `replay`, each of which sets `settings.task`. `add_ledger` adds the flags that
// say where the ledger is.
StoryApps add_story(CLI::App& replay, StorySettings& settings,
                    void (*add_ledger)(CLI::App&, LedgerSettings&));

}  // namespace cassette::api
