// Fields: how events, states and documents name their members, once, for every codec.
// A described type has `static void fields(auto& self, auto&& visit)`, which calls
// `visit("jsonName", self.member)` for each member in a fixed order. The JSON codec, the archive's
// binary codec and the documents all walk this one list; the names are those of the wire.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace cassette {

namespace detail {
struct AnyVisitor {
  template <class T>
  void operator()(std::string_view, T&) const {}
};
}  // namespace detail

template <class T>
concept Described = requires(T& self) {
  T::fields(self, detail::AnyVisitor{});
};

// An event type also has its wire name: `static constexpr std::string_view type`.
template <class T>
concept Named = requires {
  std::string_view{T::type};
};

// The wire names of an enumeration, in the order of its values from 0. Specialised beside each one.
template <class E>
struct EnumNames;

template <class E>
concept NamedEnum = requires {
  EnumNames<E>::values.size();
};

template <NamedEnum E>
constexpr std::string_view name_of(E value) {
  return EnumNames<E>::values[static_cast<std::size_t>(value)];
}

// Nothing when `name` is not one of the enumeration's.
template <NamedEnum E>
constexpr std::optional<E> enum_named(std::string_view name) {
  for (std::size_t i = 0; i < EnumNames<E>::values.size(); ++i) {
    if (EnumNames<E>::values[i] == name) return static_cast<E>(i);
  }
  return std::nullopt;
}

}  // namespace cassette
