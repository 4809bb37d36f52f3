// JSON text: appends values to a string, by the fields that a described type names.
// It writes and never reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/values.h"

namespace cassette::api {

// With quotes and escapes.
void append_json(std::string& out, std::string_view text);

inline void append_json(std::string& out, const std::string& text) {
  append_json(out, std::string_view(text));
}
inline void append_json(std::string& out, const char* text) {
  append_json(out, std::string_view(text));
}
inline void append_json(std::string& out, bool value) {
  out += value ? "true" : "false";
}
inline void append_json(std::string& out, std::int64_t number) {
  out += std::to_string(number);
}
inline void append_json(std::string& out, std::uint64_t number) {
  out += std::to_string(number);
}
inline void append_json(std::string& out, int number) {
  out += std::to_string(number);
}
inline void append_json(std::string& out, domain::LineId id) {
  append_json(out, std::to_string(id.value));
}
inline void append_json(std::string& out, const domain::Currency& currency) {
  append_json(out, currency.code);
}
template <class Tag>
void append_json(std::string& out, const domain::Id<Tag>& id) {
  append_json(out, id.value);
}
template <NamedEnum E>
void append_json(std::string& out, E value) {
  append_json(out, name_of(value));
}
template <Described T>
void append_json(std::string& out, const T& value);

template <class T>
void append_json(std::string& out, const std::vector<T>& items) {
  out += '[';
  for (const T& item : items) {
    if (&item != &items.front()) out += ',';
    append_json(out, item);
  }
  out += ']';
}

// `"name":value`, after a comma unless it opens the object.
template <class T>
void append_member(std::string& out, std::string_view name, const T& value) {
  if (!out.empty() && out.back() != '{') out += ',';
  append_json(out, name);
  out += ':';
  append_json(out, value);
}

// The members of a described value, without braces.
template <Described T>
void append_members(std::string& out, const T& value) {
  T::fields(value,
            [&](std::string_view name, const auto& member) { append_member(out, name, member); });
}

template <Described T>
void append_json(std::string& out, const T& value) {
  out += '{';
  append_members(out, value);
  out += '}';
}

}  // namespace cassette::api
