// Request JSON: reads a body into a described request struct, and refuses whatever the struct does
// not say: unknown and repeated members, wrong types, fractions, numbers past 2^53, ids, currencies
// and times that aren't, and texts out of bounds. Bad input never reaches the domain.
#pragma once

#include <simdjson.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/problem.h"
#include "api/http/request_types.h"

namespace cassette::api {

// Nested objects and arrays of one body: an order's items hold prices, an address a little more.
inline constexpr std::size_t kMaxJsonDepth = 16;

namespace json {

using Element = simdjson::dom::element;

// A place in the body, for the message only: `items[0].colour`.
struct Path {
  const Path* parent = nullptr;
  std::string_view name;  // empty: an index
  std::size_t index = 0;

  std::string text() const;
};

struct Reading {
  domain::Timestamp now;
  std::optional<Problem> problem;

  bool fail(Problem what) {
    if (!problem) problem = std::move(what);
    return false;
  }
};

bool read_integer(Reading& reading, Element from, std::int64_t min, std::int64_t max,
                  std::int64_t& to, const Path& path);
struct TextBounds {
  std::size_t min_bytes = 0;
  std::size_t max_bytes = 0;
  Layout layout = Layout::Lines;
};
bool read_text(Reading& reading, Element from, const TextBounds& bounds, std::string& to,
               const Path& path);
bool read_id(Reading& reading, Element from, std::string& to, const Path& path);
bool fail_enum(Reading& reading, std::span<const std::string_view> names, const Path& path);

bool read(Reading& reading, Element from, bool& to, const Path& path);
bool read(Reading& reading, Element from, std::string& to, const Path& path);
bool read(Reading& reading, Element from, std::int64_t& to, const Path& path);
bool read(Reading& reading, Element from, std::uint64_t& to, const Path& path);
bool read(Reading& reading, Element from, domain::LineId& to, const Path& path);
bool read(Reading& reading, Element from, domain::Currency& to, const Path& path);
bool read(Reading& reading, Element from, PastTime& to, const Path& path);
bool read(Reading& reading, Element from, CountryCode& to, const Path& path);
bool read(Reading& reading, Element from, Specifications& to, const Path& path);

template <class Tag>
bool read(Reading& reading, Element from, domain::Id<Tag>& to, const Path& path) {
  return read_id(reading, from, to.value, path);
}

template <std::int64_t Min, std::int64_t Max>
bool read(Reading& reading, Element from, Integer<Min, Max>& to, const Path& path) {
  return read_integer(reading, from, Min, Max, to.value, path);
}

template <std::size_t Min, std::size_t Max, Layout L>
bool read(Reading& reading, Element from, Text<Min, Max, L>& to, const Path& path) {
  return read_text(reading, from, {Min, Max, L}, to.value, path);
}

template <NamedEnum E>
bool read(Reading& reading, Element from, E& to, const Path& path) {
  std::string_view name;
  const auto value = from.get(name) == simdjson::SUCCESS ? enum_named<E>(name) : std::nullopt;
  if (!value) return fail_enum(reading, EnumNames<E>::values, path);
  to = *value;
  return true;
}

template <Described T>
bool read(Reading& reading, Element from, T& to, const Path& path);
template <class T>
bool read(Reading& reading, Element from, std::vector<T>& to, const Path& path);

template <class T>
bool read_items(Reading& reading, Element from, std::size_t min, std::size_t max,
                std::vector<T>& to, const Path& path) {
  simdjson::dom::array array;
  if (from.get(array) != simdjson::SUCCESS) {
    return reading.fail(invalid_field(path.text(), "must be an array"));
  }
  for (const Element element : array) {
    if (to.size() == max) {
      return reading.fail(
          invalid_field(path.text(), "has at most " + std::to_string(max) + " elements"));
    }
    const Path here{&path, {}, to.size()};
    if (!read(reading, element, to.emplace_back(), here)) return false;
  }
  if (to.size() >= min) return true;
  return reading.fail(
      invalid_field(path.text(), "has at least " + std::to_string(min) + " elements"));
}

template <class T>
bool read(Reading& reading, Element from, std::vector<T>& to, const Path& path) {
  return read_items(reading, from, 0, SIZE_MAX, to, path);
}

template <class T, std::size_t Min, std::size_t Max>
bool read(Reading& reading, Element from, Items<T, Min, Max>& to, const Path& path) {
  return read_items(reading, from, Min, Max, to.values, path);
}

// Whether a member may be absent.
template <class T>
inline constexpr bool kMayBeAbsent = false;
template <class T>
inline constexpr bool kMayBeAbsent<std::optional<T>> = true;
template <class T>
inline constexpr bool kMayBeAbsent<Patch<T>> = true;

template <class T>
bool read(Reading& reading, Element from, std::optional<T>& to, const Path& path) {
  return read(reading, from, to.emplace(), path);
}

template <class T>
bool read(Reading& reading, Element from, Patch<T>& to, const Path& path) {
  to.kind = from.is_null() ? Patch<T>::Kind::Null : Patch<T>::Kind::Value;
  return to.null() || read(reading, from, to.value, path);
}

// Reads one object's members in the order in which they stand; `seen` counts them by their place
// among the described ones, so that a repeated one is found.
template <Described T>
bool read(Reading& reading, Element from, T& to, const Path& path) {
  simdjson::dom::object object;
  if (from.get(object) != simdjson::SUCCESS) {
    return reading.fail(invalid_field(path.text(), "must be an object"));
  }
  std::uint64_t seen = 0;
  for (const auto [name, value] : object) {
    const Path here{&path, name, 0};
    bool known = false;
    bool good = true;
    std::uint64_t bit = 1;
    T::fields(to, [&, key = name, element = value](std::string_view field, auto& member) {
      if (!known && field == key) {
        known = true;
        good = (seen & bit) == 0 ? read(reading, element, member, here)
                                 : reading.fail(invalid_field(here.text(), "is there twice"));
        seen |= bit;
      }
      bit <<= 1;
    });
    if (!known) return reading.fail(unknown_field(here.text()));
    if (!good) return false;
  }
  bool complete = true;
  std::uint64_t bit = 1;
  T::fields(to, [&](std::string_view field, auto& member) {
    if (!kMayBeAbsent<std::decay_t<decltype(member)>> && (seen & bit) == 0 && complete) {
      complete = reading.fail(missing_field(Path{&path, field, 0}.text()));
    }
    bit <<= 1;
  });
  return complete;
}

// The root of a body, valid until the thread parses another one, or lets go of this one.
Answered<Element> parse(std::string_view body);

// What a thread keeps of its parser between two bodies: a parser holds a dozen times the largest
// body it has read, and there are hundreds of threads.
inline constexpr std::size_t kMaxParserKept = 256 * 1024;

// Ends with a body: a parser that grew past the bound is let go.
class ParserUse {
 public:
  ParserUse() = default;
  ~ParserUse();
  ParserUse(const ParserUse&) = delete;
  ParserUse& operator=(const ParserUse&) = delete;
};

// The largest body that this thread's parser has room for as it is.
std::size_t parser_capacity();

}  // namespace json

// An empty body is read as `{}`. `now` is what times may not be after.
template <Described T>
Answered<T> read_request(std::string_view body, domain::Timestamp now) {
  const json::ParserUse use;
  const auto root = json::parse(body.empty() ? std::string_view("{}") : body);
  if (!root) return Failure{root.error()};
  json::Reading reading{now, std::nullopt};
  T request;
  if (json::read(reading, root.value(), request, {})) return request;
  return Failure{std::move(*reading.problem)};
}

}  // namespace cassette::api
