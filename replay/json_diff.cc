// Walks both documents side by side.
#include "replay/json_diff.h"

#include <simdjson.h>

#include "domain/check.h"

namespace cassette::replay {
namespace {

using Json = simdjson::dom::element;

// "~" and "/" stand for themselves nowhere else in a pointer.
std::string pointer(const std::string& parent, std::string_view member) {
  std::string path = parent + "/";
  for (const char c : member) {
    if (c == '~') {
      path += "~0";
    } else if (c == '/') {
      path += "~1";
    } else {
      path += c;
    }
  }
  return path;
}

std::string text_of(const Json& value) {
  return simdjson::minify(value);
}

class Walk {
 public:
  void compare(const std::string& path, const Json& before, const Json& after) {
    simdjson::dom::object left, right;
    simdjson::dom::array ones, others;
    if (before.get(left) == simdjson::SUCCESS && after.get(right) == simdjson::SUCCESS) {
      compare(path, left, right);
    } else if (before.get(ones) == simdjson::SUCCESS && after.get(others) == simdjson::SUCCESS) {
      compare(path, ones, others);
    } else if (text_of(before) != text_of(after)) {
      changes_.push_back({path, text_of(before), text_of(after)});
    }
  }
  void compare(const std::string& path, const simdjson::dom::object& before,
               const simdjson::dom::object& after) {
    for (const auto& [name, value] : before) {
      Json other;
      if (after.at_key(name).get(other) == simdjson::SUCCESS) {
        compare(pointer(path, name), value, other);
      } else {
        changes_.push_back({pointer(path, name), text_of(value), std::nullopt});
      }
    }
    for (const auto& [name, value] : after) {
      if (before.at_key(name).error() == simdjson::SUCCESS) continue;
      changes_.push_back({pointer(path, name), std::nullopt, text_of(value)});
    }
  }
  std::vector<MemberChange> changes() && { return std::move(changes_); }

 private:
  void compare(const std::string& path, const simdjson::dom::array& before,
               const simdjson::dom::array& after) {
    auto left = before.begin();
    auto right = after.begin();
    for (std::size_t i = 0; left != before.end() || right != after.end(); ++i) {
      const std::string place = pointer(path, std::to_string(i));
      if (left == before.end()) {
        changes_.push_back({place, std::nullopt, text_of(*right)});
      } else if (right == after.end()) {
        changes_.push_back({place, text_of(*left), std::nullopt});
      } else {
        compare(place, *left, *right);
      }
      if (left != before.end()) ++left;
      if (right != after.end()) ++right;
    }
  }

  std::vector<MemberChange> changes_;
};

}  // namespace

std::vector<MemberChange> json_diff(const std::optional<std::string>& before,
                                    const std::optional<std::string>& after) {
  const std::string none = "{}";
  simdjson::dom::parser left_parser, right_parser;
  simdjson::dom::object left, right;
  CHECK(left_parser.parse(before.value_or(none)).get(left) == simdjson::SUCCESS);
  CHECK(right_parser.parse(after.value_or(none)).get(right) == simdjson::SUCCESS);
  Walk walk;
  walk.compare("", left, right);
  return std::move(walk).changes();
}

}  // namespace cassette::replay
