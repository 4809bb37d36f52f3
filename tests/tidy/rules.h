// The house rules as functions on a path and a text: each gives what it objects to, nothing when
// all is well. They read no files but through what they are given.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cassette::tidy {

struct Finding {
  std::string path;
  std::size_t line = 0;  // 0: the file as a whole
  std::string what;
};
using Findings = std::vector<Finding>;

// STYLE rules 1 and 3.
inline constexpr std::size_t kMaxLineCharacters = 100;
inline constexpr std::size_t kMaxFileLines = 500;
inline constexpr std::size_t kMaxFunctionLines = 70;

// Paths are relative to the root, e.g. "domain/order.h"; texts are whole files.

// The include table of DESIGN §2. Ours are root-relative and quoted; tests/ and bench/ may include
// anything.
Findings check_includes(std::string_view path, std::string_view text);

Findings check_line_length(std::string_view path, std::string_view text);
Findings check_file_length(std::string_view path, std::string_view text);

// A function is what opens a brace after a parameter list outside any other function: a lambda
// counts as its function's, a struct's methods one by one.
Findings check_function_length(std::string_view path, std::string_view text);

// A file's first line is a // comment with words in it.
Findings check_opening(std::string_view path, std::string_view text);

// The wall clock and randomness outside api/ (tests/ and bench/ may), naked new, sleeping in
// tests/, `using namespace` in headers.
Findings check_banned_calls(std::string_view path, std::string_view text);

// Marks of unfinished work, in files of any language.
Findings check_leftovers(std::string_view path, std::string_view text);

// A test file is where CMake looks for one: tests/KIND/ for a KIND of `kinds`, tests/fuzz/ for a
// fuzz target. Test cases stand in *_test.cc only, and each of these has one.
Findings check_registered(std::string_view path, std::string_view text,
                          const std::vector<std::string>& kinds);

// The KINDs of every `test_kind(KIND …)` in tests/CMakeLists.txt.
std::vector<std::string> test_kinds(std::string_view cmake);

// Every relative link of a Markdown file, but those in code, leads to a file of the repository.
Findings check_links(std::string_view path, std::string_view text,
                     const std::function<bool(const std::string&)>& exists);

}  // namespace cassette::tidy
