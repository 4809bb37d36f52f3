// Query: a request target taken apart, and its parameters read strictly: unknown and repeated ones,
// bad escapes, NUL and what is no UTF-8 are refused by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http/problem.h"
#include "domain/values.h"

namespace cassette::api {

// Parameters of one request: `item` may be there a hundred times.
inline constexpr std::size_t kMaxParameters = 128;
inline constexpr std::size_t kMaxParameterBytes = 2'000;

using Parameters = std::vector<std::pair<std::string, std::string>>;

struct Target {
  std::vector<std::string> segments;  // of the path, decoded; "/vendors/7" has two
  Parameters parameters;              // decoded, in the order sent
};

// Nothing for a bad escape, a NUL or what is no UTF-8.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);

Answered<Target> parse_target(std::string_view target);

// Reads parameters by name, and remembers the first thing that is wrong.
class QueryReader {
 public:
  explicit QueryReader(const Parameters& parameters)
      : parameters_(parameters), known_(parameters.size(), false) {}

  // Absent: empty or nothing.
  std::string text(std::string_view name, std::size_t max_bytes = kMaxParameterBytes);
  std::optional<bool> boolean(std::string_view name);
  std::optional<domain::Timestamp> time(std::string_view name);
  std::size_t number(std::string_view name, std::size_t min, std::size_t max, std::size_t absent);
  // May be there more than once, at most `max` times.
  std::vector<std::string> repeated(std::string_view name, std::size_t max);
  // Those whose names begin with `prefix`, without it.
  Parameters prefixed(std::string_view prefix);

  template <class Id>
  std::optional<Id> id(std::string_view name) {
    const auto value = single(name);
    if (!value) return std::nullopt;
    if (!domain::valid_id(*value)) fail(invalid_parameter(name, "is no id"));
    return Id{std::string(*value)};
  }

  template <NamedEnum E>
  std::vector<E> any_of(std::string_view name) {
    std::vector<E> values;
    for (const std::string& value : repeated(name, EnumNames<E>::values.size())) {
      const auto known = enum_named<E>(value);
      if (known) values.push_back(*known);
      if (!known) fail(invalid_parameter(name, "is no value that is known here"));
    }
    return values;
  }

  void fail(Problem problem);

  // What was wrong first; a parameter that nobody asked for is.
  std::optional<Problem> finish();

 private:
  std::optional<std::string_view> single(std::string_view name);

  const Parameters& parameters_;
  std::vector<bool> known_;
  std::optional<Problem> problem_;
};

}  // namespace cassette::api
