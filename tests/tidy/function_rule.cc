// Finds the functions of a C++ file by its braces and measures them. It is no parser: it reads
// what stands before a brace, which is enough for code laid out by clang-format.
#include <array>

#include "tests/tidy/rules.h"
#include "tests/tidy/source.h"

namespace cassette::tidy {
namespace {

// The text before a brace without a leading `template <…>`.
std::string_view without_template(std::string_view head) {
  head = trim(head);
  if (!head.starts_with("template")) return head;
  std::size_t depth = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == '<') ++depth;
    if (head[i] == '>' && --depth == 0) return without_template(head.substr(i + 1));
  }
  return head;
}

bool opens_function(std::string_view head) {
  static constexpr std::array<std::string_view, 6> kOthers = {"namespace", "extern", "class",
                                                              "struct",    "union",  "enum"};
  head = without_template(head);
  for (const std::string_view other : kOthers) {
    if (find_word(head, other) == 0 && !(other == "extern" && head.find('(') < head.size())) {
      return false;
    }
  }
  return head.find('(') != std::string_view::npos;
}

class FunctionMeter {
 public:
  FunctionMeter(std::string_view path, std::string_view code) : path_(path), code_(code) {}

  Findings run() {
    for (at_ = 0; at_ < code_.size(); ++at_) step(code_[at_]);
    return std::move(findings_);
  }

 private:
  struct Block {
    std::size_t head = 0;  // where the text before the brace begins
    bool is_function = false;
  };

  void step(char c) {
    if (c == '(') ++parentheses_;
    if (c == ')' && parentheses_ > 0) --parentheses_;
    if (c == '{') open();
    if (c == '}') close();
    if (c == ';' && parentheses_ == 0) head_ = at_ + 1;
  }

  void open() {
    const bool measured =
        !in_function_ && parentheses_ == 0 && opens_function(code_.substr(head_, at_ - head_));
    blocks_.push_back({head_, measured});
    if (measured) in_function_ = true;
    if (parentheses_ == 0) head_ = at_ + 1;
  }

  void close() {
    if (blocks_.empty()) return;
    const Block block = blocks_.back();
    blocks_.pop_back();
    if (block.is_function) {
      in_function_ = false;
      measure(block.head);
    }
    if (parentheses_ > 0) return;
    // A braced member initializer: the constructor's body is still to come.
    const std::string_view rest = trim(code_.substr(at_ + 1));
    head_ = rest.starts_with(",") || rest.starts_with("{") ? block.head : at_ + 1;
  }

  void measure(std::size_t head) {
    const std::size_t first = code_.find_first_not_of(" \t\r\n", head);
    const std::size_t length = line_number(code_, at_) - line_number(code_, first) + 1;
    if (length <= kMaxFunctionLines) return;
    findings_.push_back({std::string(path_), line_number(code_, first),
                         "a function of " + std::to_string(length) + " lines"});
  }

  std::string_view path_;
  std::string_view code_;
  std::size_t at_ = 0;
  std::size_t head_ = 0;
  std::size_t parentheses_ = 0;
  bool in_function_ = false;
  std::vector<Block> blocks_;
  Findings findings_;
};

}  // namespace

Findings check_function_length(std::string_view path, std::string_view text) {
  const std::string code = code_of(text);
  return FunctionMeter(path, code).run();
}

}  // namespace cassette::tidy
