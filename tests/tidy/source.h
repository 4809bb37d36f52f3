// A C++ file as the tidy rules read it: its text, its lines, and its code without comments, string
// contents and preprocessor lines. It parses no further than that.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cassette::tidy {

// The lines of `text` without their ends. A trailing newline adds no empty line.
std::vector<std::string_view> lines_of(std::string_view text);

// `text` with comments, the contents of strings and characters, and preprocessor lines turned into
// spaces. Every newline stays, so positions and line numbers are those of `text`.
std::string code_of(std::string_view text);

// The position of `word` in `code` from `from` on, where no letter, digit or _ touches it.
// npos when there is none.
std::size_t find_word(std::string_view code, std::string_view word, std::size_t from = 0);

// The 1-based number of the line that holds `position`.
std::size_t line_number(std::string_view text, std::size_t position);

// Characters, not bytes, of UTF-8 text.
std::size_t character_count(std::string_view text);

// `text` without leading and trailing white space.
std::string_view trim(std::string_view text);

}  // namespace cassette::tidy
