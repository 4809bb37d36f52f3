// The rules that need no more than a file's lines or words: lengths, openings, banned calls,
// leftovers, where tests stand, and links.
#include <algorithm>
#include <array>
#include <filesystem>

#include "tests/tidy/rules.h"
#include "tests/tidy/source.h"

namespace cassette::tidy {
namespace {

bool is_header(std::string_view path) {
  return path.ends_with(".h");
}
bool is_test(std::string_view path) {
  return path.starts_with("tests/");
}

// The simulator's clock is its own, and whoever sleeps in it comes through here.
bool may_name_sleeps(std::string_view path) {
  return path == "tests/simulation/interposed_calls.cc";
}

bool may_use_clock_and_chance(std::string_view path) {
  return path.starts_with("api/") || is_test(path) || path.starts_with("bench/");
}

// Every place where one of `words` stands in `code`.
template <std::size_t kCount>
void find_banned(std::string_view path, std::string_view code,
                 const std::array<std::string_view, kCount>& words, std::string_view why,
                 Findings& findings) {
  for (const std::string_view word : words) {
    for (std::size_t at = find_word(code, word); at != std::string_view::npos;
         at = find_word(code, word, at + 1)) {
      findings.push_back(
          {std::string(path), line_number(code, at), std::string(why) + ": " + std::string(word)});
    }
  }
}

// new that no owner takes in the same statement, and that no operator new is.
void find_naked_new(std::string_view path, std::string_view code, Findings& findings) {
  for (std::size_t at = find_word(code, "new"); at != std::string_view::npos;
       at = find_word(code, "new", at + 1)) {
    const std::size_t start = code.find_last_of(";{}", at);
    const std::string_view before = trim(code.substr(start + 1, at - start - 1));
    const bool owned = before.find("_ptr<") != std::string_view::npos || before.ends_with("reset(");
    if (owned || before.ends_with("operator")) continue;
    findings.push_back({std::string(path), line_number(code, at), "naked new"});
  }
}

// `line` without what stands in `backticks`.
std::string without_code_spans(std::string_view line) {
  std::string prose;
  bool in_code = false;
  for (const char c : line) {
    if (c == '`') in_code = !in_code;
    if (!in_code && c != '`') prose += c;
  }
  return prose;
}

std::vector<std::string> link_targets(std::string_view line) {
  const std::string prose = without_code_spans(line);
  std::vector<std::string> targets;
  for (std::size_t at = prose.find("]("); at != std::string::npos; at = prose.find("](", at + 1)) {
    const std::size_t end = prose.find_first_of(") ", at);
    if (end != std::string::npos) targets.push_back(prose.substr(at + 2, end - at - 2));
  }
  return targets;
}

// Where a link leads, from the root; empty for one that is not relative or stays on its page.
std::string link_destination(std::string_view path, std::string target) {
  target = target.substr(0, target.find('#'));
  if (target.empty() || target.find(':') != std::string::npos) return "";
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return (folder / target).lexically_normal().string();
}

bool has_test_case(std::string_view text) {
  const auto lines = lines_of(text);
  return std::any_of(lines.begin(), lines.end(),
                     [](std::string_view line) { return trim(line).starts_with("TEST_CASE"); });
}

}  // namespace

Findings check_line_length(std::string_view path, std::string_view text) {
  Findings findings;
  std::size_t number = 0;
  for (const std::string_view line : lines_of(text)) {
    ++number;
    const std::size_t length = character_count(line);
    if (length <= kMaxLineCharacters) continue;
    findings.push_back({std::string(path), number, std::to_string(length) + " characters"});
  }
  return findings;
}

Findings check_file_length(std::string_view path, std::string_view text) {
  const std::size_t length = lines_of(text).size();
  if (length <= kMaxFileLines) return {};
  return {{std::string(path), 0, std::to_string(length) + " lines"}};
}

Findings check_opening(std::string_view path, std::string_view text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  if (first.starts_with("// ") && trim(first).find(' ', 3) != std::string_view::npos) return {};
  return {{std::string(path), 1, "does not open with what it is responsible for"}};
}

Findings check_banned_calls(std::string_view path, std::string_view text) {
  static constexpr std::array<std::string_view, 14> kClockAndChance = {
      "system_clock::now", "utc_clock::now", "gettimeofday", "CLOCK_REALTIME",
      "std::time",         "rand",           "srand",        "random_device",
      "mt19937",           "mt19937_64",     "getrandom",    "getentropy",
      "RAND_bytes",        "randombytes_buf"};
  static constexpr std::array<std::string_view, 5> kSleeps = {"sleep_for", "sleep_until", "usleep",
                                                              "nanosleep", "sleep"};
  static constexpr std::array<std::string_view, 1> kUsingNamespace = {"using namespace"};
  const std::string code = code_of(text);
  Findings findings;
  if (!may_use_clock_and_chance(path)) {
    find_banned(path, code, kClockAndChance, "time and chance come from api/", findings);
  }
  if (is_test(path) && !may_name_sleeps(path))
    find_banned(path, code, kSleeps, "tests wait on positions", findings);
  if (is_header(path)) find_banned(path, code, kUsingNamespace, "in a header", findings);
  find_naked_new(path, code, findings);
  return findings;
}

Findings check_leftovers(std::string_view path, std::string_view text) {
  static constexpr std::array<std::string_view, 2> kMarks = {"FIXME", "TODO"};
  Findings findings;
  find_banned(path, text, kMarks, "unfinished", findings);
  return findings;
}

Findings check_registered(std::string_view path, std::string_view text,
                          const std::vector<std::string>& kinds) {
  const auto object = [&](std::string what) {
    return Findings{{std::string(path), 0, std::move(what)}};
  };
  if (path.ends_with("_fuzz.cc")) {
    const bool found = path.starts_with("tests/fuzz/") && path.rfind('/') == 10;
    return found ? Findings{} : object("CMake looks for fuzz targets in tests/fuzz/ itself");
  }
  if (!path.ends_with("_test.cc")) {
    return has_test_case(text) ? object("test cases are run from *_test.cc only") : Findings{};
  }
  const bool built = path == "tests/tidy_test.cc" ||
                     std::any_of(kinds.begin(), kinds.end(), [&](const std::string& kind) {
                       return path.starts_with("tests/" + kind + "/");
                     });
  if (!built) return object("no executable of tests/CMakeLists.txt builds this");
  return has_test_case(text) ? Findings{} : object("has no test case");
}

std::vector<std::string> test_kinds(std::string_view cmake) {
  static constexpr std::string_view kCall = "test_kind(";
  std::vector<std::string> kinds;
  for (const std::string_view line : lines_of(cmake)) {
    if (!line.starts_with(kCall)) continue;
    kinds.emplace_back(line.substr(kCall.size(), line.find(' ') - kCall.size()));
  }
  return kinds;
}

Findings check_links(std::string_view path, std::string_view text,
                     const std::function<bool(const std::string&)>& exists) {
  Findings findings;
  std::size_t number = 0;
  bool in_code = false;
  for (const std::string_view line : lines_of(text)) {
    ++number;
    if (trim(line).starts_with("```")) in_code = !in_code;
    if (in_code) continue;
    for (const std::string& target : link_targets(line)) {
      const std::string destination = link_destination(path, target);
      if (destination.empty() || (!destination.starts_with("..") && exists(destination))) continue;
      findings.push_back({std::string(path), number, "dead link: " + target});
    }
  }
  return findings;
}

}  // namespace cassette::tidy
