// Blanks out of a C++ file what is not code, and finds words in what remains.
#include "tests/tidy/source.h"

#include <algorithm>

namespace cassette::tidy {
namespace {

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Walks over the text once and blanks as it goes.
class Blanker {
 public:
  explicit Blanker(std::string_view text) : code_(text) {}

  std::string run() {
    while (at_ < code_.size()) step();
    return std::move(code_);
  }

 private:
  bool starts_with(std::string_view what) const {
    return code_.compare(at_, what.size(), what) == 0;
  }

  void step() {
    if (starts_with("//")) return blank_until("\n", 0);
    if (starts_with("/*")) return blank_until("*/", 2);
    if (starts_with("R\"") && !after_word()) return blank_raw_string();
    if (code_[at_] == '"') return blank_quoted('"');
    if (code_[at_] == '\'' && !after_word()) return blank_quoted('\'');  // not 1'000
    if (code_[at_] == '#' && first_on_line()) return blank_directive();
    ++at_;
  }

  bool after_word() const { return at_ > 0 && is_word_character(code_[at_ - 1]); }

  bool first_on_line() const {
    const std::size_t start = code_.rfind('\n', at_);
    const std::size_t begin = start == std::string::npos ? 0 : start + 1;
    return trim(std::string_view(code_).substr(begin, at_ - begin)).empty();
  }

  void blank_to(std::size_t end) {
    for (; at_ < std::min(end, code_.size()); ++at_) {
      if (code_[at_] != '\n') code_[at_] = ' ';
    }
  }

  void blank_until(std::string_view mark, std::size_t mark_size) {
    const std::size_t end = code_.find(mark, at_ + mark_size);
    blank_to(end == std::string::npos ? code_.size() : end + mark_size);
  }

  // Keeps the quotes, so that a string is still seen to be there.
  void blank_quoted(char quote) {
    for (++at_; at_ < code_.size() && code_[at_] != quote && code_[at_] != '\n';) {
      blank_to(at_ + (code_[at_] == '\\' ? 2 : 1));
    }
    ++at_;
  }

  void blank_raw_string() {
    const std::size_t open = code_.find('(', at_);
    if (open == std::string::npos) return blank_to(code_.size());
    const std::string mark = ")" + code_.substr(at_ + 2, open - at_ - 2) + "\"";
    blank_until(mark, mark.size());
  }

  void blank_directive() {
    while (at_ < code_.size()) {
      const std::size_t end = std::min(code_.find('\n', at_), code_.size());
      const bool goes_on = end > at_ && code_[end - 1] == '\\';
      blank_to(end);
      if (!goes_on) return;
      ++at_;
    }
  }

  std::string code_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string code_of(std::string_view text) {
  return Blanker(text).run();
}

std::size_t find_word(std::string_view code, std::string_view word, std::size_t from) {
  for (std::size_t at = code.find(word, from); at != std::string_view::npos;
       at = code.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool open_left = at == 0 || !is_word_character(code[at - 1]);
    const bool open_right = end == code.size() || !is_word_character(code[end]);
    if (open_left && open_right) return at;
  }
  return std::string_view::npos;
}

std::size_t line_number(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, position);
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace cassette::tidy
