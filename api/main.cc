// cassette: the one binary. Its subcommands are the roles.
#include <variant>

#include "api/admin_command.h"
#include "api/as_of_command.h"
#include "api/import/run_import.h"
#include "api/logging.h"
#include "api/notary_command.h"
#include "api/replay_command.h"
#include "api/settings.h"
#include "api/story_command.h"
#include "api/up.h"
#include "api/what_if_command.h"

namespace {

using namespace cassette::api;

struct Run {
  int operator()(const UpSettings& settings) const { return run_up(settings); }
  int operator()(const TailSettings& settings) const { return run_tail(settings); }
  int operator()(const VerifySettings& settings) const { return run_verify(settings); }
  int operator()(const RebuildSettings& settings) const { return run_rebuild(settings); }
  int operator()(const AsOfSettings& settings) const { return run_as_of(settings); }
  int operator()(const WhatIfSettings& settings) const { return run_what_if(settings); }
  int operator()(const HeadsSettings& settings) const { return run_heads(settings); }
  int operator()(const StorySettings& settings) const { return run_story(settings); }
  int operator()(const AdminSettings& settings) const { return run_admin(settings); }
  int operator()(const ImportSettings& settings) const {
    return run_import({settings.dir, settings.url, nullptr, settings.clients});
  }
};

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = parse_command_line(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  const CommandLine& line = std::get<CommandLine>(parsed);
  set_up_logging(line.log_level);
  return std::visit(Run{}, line.role);
}
