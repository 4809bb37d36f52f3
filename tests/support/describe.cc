// Writes events, rejections and states as text by walking their fields.
#include "tests/support/describe.h"

#include <map>
#include <optional>
#include <variant>
#include <vector>

namespace cassette::tests {
namespace {

// One type with overloads, so that each sees all the others.
struct Text {
  static std::string of(const std::string& value) { return "\"" + value + "\""; }
  static std::string of(bool value) { return value ? "true" : "false"; }
  static std::string of(std::int64_t value) { return std::to_string(value); }
  static std::string of(std::uint64_t value) { return std::to_string(value); }
  static std::string of(std::uint32_t value) { return std::to_string(value); }
  static std::string of(const domain::LineId& value) { return std::to_string(value.value); }
  static std::string of(const domain::Currency& value) { return value.code; }
  static std::string of(const domain::Sealed& value) { return "sealed:" + value.token; }
  static std::string of(const domain::Timestamp& value) { return domain::format(value); }
  template <class Tag>
  static std::string of(const domain::Id<Tag>& value) {
    return value.value;
  }
  template <NamedEnum E>
  static std::string of(const E& value) {
    return std::string(name_of(value));
  }
  template <class T>
  static std::string of(const std::optional<T>& value) {
    return value ? of(*value) : "none";
  }
  static std::string of(const std::map<std::string, std::string>& values) {
    std::string text;
    for (const auto& [name, value] : values) text.append(name).append("=").append(value + " ");
    return "{" + text + "}";
  }
  template <class T>
  static std::string of(const std::vector<T>& values) {
    std::string text;
    for (const T& value : values) text += (text.empty() ? "" : ", ") + of(value);
    return "[" + text + "]";
  }
  template <class... T>
  static std::string of(const std::variant<T...>& value) {
    return std::visit([](const auto& each) { return of(each); }, value);
  }
  template <Described T>
  static std::string of(const T& value) {
    std::string text;
    if constexpr (Named<T>) text += T::type;
    text += "{";
    T::fields(value, [&text](std::string_view name, const auto& member) {
      text.append(" ").append(name).append(": ").append(of(member));
    });
    return text + " }";
  }
};

}  // namespace

std::string describe(const domain::Event& event) {
  return Text::of(event);
}
std::string describe(const domain::Events& events) {
  return Text::of(events);
}
std::string describe(const domain::Rejection& rejection) {
  return Text::of(rejection);
}
std::string describe(const domain::Vendor& state) {
  return Text::of(state);
}
std::string describe(const domain::Product& state) {
  return Text::of(state);
}
std::string describe(const domain::Customer& state) {
  return Text::of(state);
}
std::string describe(const domain::StockItem& state) {
  return Text::of(state);
}
std::string describe(const domain::SubOrder& state) {
  return Text::of(state);
}
std::string describe(const domain::Order& state) {
  return Text::of(state);
}

}  // namespace cassette::tests
