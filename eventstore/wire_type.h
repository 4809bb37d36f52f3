// WireType: what a described C++ type looks like to the codecs, as data instead of templates.
// One description a type serves JSON, the binary form and the inheritance of a commit's events, so
// that each codec is one small interpreter. It knows no format; the codecs know no C++ type.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "domain/fields.h"
#include "domain/values.h"
#include "eventstore/commit.h"

namespace cassette::eventstore {

enum class WireKind : std::uint8_t {
  Text,      // std::string, Id, Currency
  Sealed,    // domain::Sealed
  Line,      // domain::LineId
  Digest,    // Hash
  Time,      // domain::Timestamp
  Bool,      //
  Signed,    // of `width` bytes
  Unsigned,  // of `width` bytes
  Real,      // double
  Enum,      // of `names`
  Optional,  // of `inner[0]`
  List,      // std::vector of `inner[0]`
  Map,       // std::map from text to `inner[0]`
  OneOf,     // std::variant of `inner`, called `names`
  Object,    // of `fields()`
};

struct WireType;

struct WireField {
  std::string_view name;
  std::string key;  // `,"name":`, ready to be written
  const WireType* type = nullptr;
  std::size_t offset = 0;  // in the object that holds it
};

// Called with each entry of a map, in the order of keys.
using EntryVisitor = void (*)(void* context, const std::string& key, const void* value);

// One a C++ type, so that its address tells types apart. Pointers that a kind has no use for are
// null. All objects are passed as untyped pointers to the described type.
struct WireType {
  WireKind kind = WireKind::Object;
  std::uint8_t width = 0;
  std::span<const std::string_view> names = {};
  std::span<const WireType* const> inner = {};

  // List and Map: how many. Enum and OneOf: the index of its name. Optional: 0 or 1.
  std::size_t (*count)(const void*) = nullptr;
  // List: an element. OneOf and Optional: what is held.
  const void* (*part)(const void*, std::size_t) = nullptr;
  // List: a new last element. OneOf: alternative i, new. Optional: a value, new. Enum: becomes i.
  void* (*make)(void*, std::size_t) = nullptr;
  void (*each_entry)(const void*, void* context, EntryVisitor) = nullptr;
  // A new entry of a map; null when the key is there already.
  void* (*make_entry)(void*, std::string_view key) = nullptr;
  const std::vector<WireField>& (*fields)() = nullptr;

  // Null for a type that can't be compared.
  bool (*equal)(const void*, const void*) = nullptr;
  void (*assign)(void*, const void*) = nullptr;
};

namespace detail {

template <class T>
consteval WireType describe();

}  // namespace detail

template <class T>
inline constexpr WireType kWireType = detail::describe<T>();

namespace detail {

template <class T, template <class...> class Of>
inline constexpr bool kIsA = false;
template <template <class...> class Of, class... Args>
inline constexpr bool kIsA<Of<Args...>, Of> = true;

// A std::variant, or one of the domain's closed lists.
template <class T>
concept IsOneOf = kIsA<T, std::variant> || requires {
  typename T::OneOf;
};

template <class T>
inline constexpr bool kIsId = false;
template <class Tag>
inline constexpr bool kIsId<domain::Id<Tag>> = true;

// A type that is nothing but the string it begins with.
template <class T>
inline constexpr bool kIsText =
    std::is_same_v<T, std::string> || kIsId<T> || std::is_same_v<T, domain::Currency>;

template <class T>
consteval WireKind kind_of() {
  if constexpr (kIsText<T>) return WireKind::Text;
  if constexpr (std::is_same_v<T, domain::Sealed>) return WireKind::Sealed;
  if constexpr (std::is_same_v<T, domain::LineId>) return WireKind::Line;
  if constexpr (std::is_same_v<T, Hash>) return WireKind::Digest;
  if constexpr (std::is_same_v<T, domain::Timestamp>) return WireKind::Time;
  if constexpr (std::is_same_v<T, bool>) return WireKind::Bool;
  if constexpr (std::is_same_v<T, double>) return WireKind::Real;
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    return std::is_signed_v<T> ? WireKind::Signed : WireKind::Unsigned;
  }
  if constexpr (NamedEnum<T>) return WireKind::Enum;
  if constexpr (kIsA<T, std::optional>) return WireKind::Optional;
  if constexpr (kIsA<T, std::vector>) return WireKind::List;
  if constexpr (kIsA<T, std::map>) return WireKind::Map;
  if constexpr (IsOneOf<T>) return WireKind::OneOf;
  return WireKind::Object;
}

// Can be compared, its elements included: the standard's containers only claim so.
template <class T>
inline constexpr bool kComparable = std::equality_comparable<T>;
template <class T>
inline constexpr bool kComparable<std::optional<T>> = kComparable<T>;
template <class T>
inline constexpr bool kComparable<std::vector<T>> = kComparable<T>;
template <class T>
inline constexpr bool kComparable<std::map<std::string, T>> = kComparable<T>;
template <class... Ts>
inline constexpr bool kComparable<std::variant<Ts...>> = (kComparable<Ts> && ...);

template <class T>
const T& as(const void* object) {
  return *static_cast<const T*>(object);
}
template <class T>
T& as(void* object) {
  return *static_cast<T*>(object);
}

template <class T>
const std::vector<WireField>& fields_of() {
  static const std::vector<WireField> fields = [] {
    std::vector<WireField> found;
    T sample{};
    T::fields(sample, [&]<class M>(std::string_view name, M& member) {
      const auto at = reinterpret_cast<const char*>(std::addressof(member)) -
                      reinterpret_cast<const char*>(std::addressof(sample));
      std::string key = ",\"";
      key.append(name).append("\":");
      found.push_back({name, std::move(key), &kWireType<M>, static_cast<std::size_t>(at)});
    });
    return found;
  }();
  return fields;
}

template <class... Inner>
inline constexpr std::array<const WireType*, sizeof...(Inner)> kInner{&kWireType<Inner>...};

template <class E>
consteval void describe_enum(WireType& type) {
  type.names = EnumNames<E>::values;
  type.count = [](const void* object) { return static_cast<std::size_t>(as<E>(object)); };
  type.make = [](void* object, std::size_t i) {
    as<E>(object) = static_cast<E>(i);
    return object;
  };
}

template <class T>
consteval void describe(WireType& type, const std::optional<T>*) {
  using Held = std::optional<T>;
  type.inner = kInner<T>;
  type.count = [](const void* object) -> std::size_t { return as<Held>(object) ? 1 : 0; };
  type.part = [](const void* object, std::size_t) -> const void* { return &*as<Held>(object); };
  type.make = [](void* object, std::size_t) -> void* { return &as<Held>(object).emplace(); };
}

template <class T>
consteval void describe(WireType& type, const std::vector<T>*) {
  static_assert(!std::is_same_v<T, bool>, "std::vector<bool> has no elements to point at");
  using List = std::vector<T>;
  type.inner = kInner<T>;
  type.count = [](const void* object) { return as<List>(object).size(); };
  type.part = [](const void* object, std::size_t i) -> const void* { return &as<List>(object)[i]; };
  type.make = [](void* object, std::size_t) -> void* { return &as<List>(object).emplace_back(); };
}

template <class T>
consteval void describe(WireType& type, const std::map<std::string, T>*) {
  using Map = std::map<std::string, T>;
  type.inner = kInner<T>;
  type.count = [](const void* object) { return as<Map>(object).size(); };
  type.each_entry = [](const void* object, void* context, EntryVisitor visit) {
    for (const auto& [key, value] : as<Map>(object)) visit(context, key, &value);
  };
  type.make_entry = [](void* object, std::string_view key) -> void* {
    const auto [entry, fresh] = as<Map>(object).try_emplace(std::string(key));
    return fresh ? &entry->second : nullptr;
  };
}

template <class... Ts>
inline constexpr std::array<std::string_view, sizeof...(Ts)> kTypeNames{Ts::type...};

template <class... Ts>
consteval void describe(WireType& type, const std::variant<Ts...>*) {
  using OneOf = std::variant<Ts...>;
  type.names = kTypeNames<Ts...>;
  type.inner = kInner<Ts...>;
  type.count = [](const void* object) { return as<OneOf>(object).index(); };
  type.part = [](const void* object, std::size_t) {
    return std::visit([](const auto& held) -> const void* { return &held; }, as<OneOf>(object));
  };
  type.make = []<std::size_t... I>(std::index_sequence<I...>) {
    return [](void* object, std::size_t i) -> void* {
      using Make = void* (*)(OneOf&);
      static constexpr std::array<Make, sizeof...(Ts)> kMakers{
          [](OneOf& one) -> void* { return &one.template emplace<I>(); }...};
      return kMakers[i](as<OneOf>(object));
    };
  }
  (std::index_sequence_for<Ts...>{});
}

template <class T>
consteval WireType describe() {
  WireType type;
  type.kind = kind_of<T>();
  if constexpr (kComparable<T>) {
    type.equal = [](const void* a, const void* b) { return as<T>(a) == as<T>(b); };
  }
  type.assign = [](void* to, const void* from) { as<T>(to) = as<T>(from); };
  if constexpr (kIsText<T>) {
    static_assert(sizeof(T) == sizeof(std::string) && std::is_standard_layout_v<T>);
  } else if constexpr (std::is_integral_v<T>) {
    type.width = sizeof(T);
  } else if constexpr (NamedEnum<T>) {
    describe_enum<T>(type);
  } else if constexpr (kind_of<T>() == WireKind::Object) {
    static_assert(Described<T>, "a type on the wire has `fields`");
    type.fields = &fields_of<T>;
  } else if constexpr (kIsA<T, std::optional> || kIsA<T, std::vector> || kIsA<T, std::map> ||
                       IsOneOf<T>) {
    describe(type, static_cast<const T*>(nullptr));
  }
  return type;
}

}  // namespace detail
}  // namespace cassette::eventstore
