// Replay words: the command line of one `cassette replay` command, as its tests write it.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

#include "api/settings.h"

namespace cassette::api {

inline std::variant<CommandLine, int> parsed_replay(std::vector<std::string> words) {
  words.insert(words.begin(), {"cassette", "replay"});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

template <class Settings>
Settings replay_settings(const std::vector<std::string>& words) {
  const auto line = parsed_replay(words);
  REQUIRE(std::holds_alternative<CommandLine>(line));
  return std::get<Settings>(std::get<CommandLine>(line).role);
}

inline bool replay_refuses(const std::vector<std::string>& words) {
  const auto line = parsed_replay(words);
  return std::holds_alternative<int>(line) && std::get<int>(line) == 2;
}

}  // namespace cassette::api
