// Query: percent-decoding and the readers of parameters.
#include "api/http/query.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>

namespace cassette::api {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<Problem> split_path(std::string_view path, std::vector<std::string>& segments) {
  if (!path.starts_with('/')) return malformed("The path does not begin with a slash.");
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = path.find('/');
    auto segment = percent_decoded(path.substr(0, end), false);
    if (!segment) return malformed("The path is not percent-encoded UTF-8 without NUL.");
    segments.push_back(std::move(*segment));
    path.remove_prefix(std::min(end, path.size()));
  }
  return std::nullopt;
}

std::optional<Problem> split_query(std::string_view query, Parameters& parameters) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return malformed("The query is not percent-encoded UTF-8 without NUL.");
    if (value->size() > kMaxParameterBytes) return invalid_parameter(*name, "is too long");
    if (parameters.size() == kMaxParameters) return malformed("There are too many parameters.");
    if (!pair.empty()) parameters.emplace_back(std::move(*name), std::move(*value));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;
    decoded += c;
  }
  if (!simdjson::validate_utf8(decoded.data(), decoded.size())) return std::nullopt;
  return decoded;
}

Answered<Target> parse_target(std::string_view target) {
  Target parsed;
  const std::size_t question = std::min(target.find('?'), target.size());
  auto problem = split_path(target.substr(0, question), parsed.segments);
  if (!problem && question < target.size()) {
    problem = split_query(target.substr(question + 1), parsed.parameters);
  }
  if (problem) return Failure{std::move(*problem)};
  return parsed;
}

void QueryReader::fail(Problem problem) {
  if (!problem_) problem_ = std::move(problem);
}

std::optional<std::string_view> QueryReader::single(std::string_view name) {
  std::optional<std::string_view> value;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].first != name) continue;
    if (value) fail(invalid_parameter(name, "is there twice"));
    value = parameters_[i].second;
    known_[i] = true;
  }
  return value;
}

std::string QueryReader::text(std::string_view name, std::size_t max_bytes) {
  const auto value = single(name);
  if (value && value->empty()) fail(invalid_parameter(name, "is empty"));
  if (value && value->size() > max_bytes) {
    fail(invalid_parameter(name, fmt::format("has at most {} bytes", max_bytes)));
  }
  return std::string(value.value_or(""));
}

std::optional<bool> QueryReader::boolean(std::string_view name) {
  const auto value = single(name);
  if (!value) return std::nullopt;
  if (*value != "true" && *value != "false") fail(invalid_parameter(name, "is true or false"));
  return *value == "true";
}

std::optional<domain::Timestamp> QueryReader::time(std::string_view name) {
  const auto value = single(name);
  if (!value) return std::nullopt;
  const auto time = domain::parse_timestamp(*value);
  if (!time) fail(invalid_parameter(name, "is RFC 3339 in UTC, like 2026-11-23T21:07:00Z"));
  return time;
}

std::size_t QueryReader::number(std::string_view name, std::size_t min, std::size_t max,
                                std::size_t absent) {
  const auto value = single(name);
  if (!value) return absent;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc() || end != value->data() + value->size() || number < min ||
      number > max) {
    fail(invalid_parameter(name, fmt::format("is a whole number from {} to {}", min, max)));
  }
  return number;
}

std::vector<std::string> QueryReader::repeated(std::string_view name, std::size_t max) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].first != name) continue;
    known_[i] = true;
    values.push_back(parameters_[i].second);
  }
  if (values.size() > max) {
    fail(invalid_parameter(name, fmt::format("is there at most {} times", max)));
  }
  return values;
}

Parameters QueryReader::prefixed(std::string_view prefix) {
  Parameters found;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto& [name, value] = parameters_[i];
    if (!name.starts_with(prefix) || name.size() == prefix.size()) continue;
    known_[i] = true;
    for (const auto& other : found) {
      if (other.first == name.substr(prefix.size())) {
        fail(invalid_parameter(name, "is there twice"));
      }
    }
    found.emplace_back(name.substr(prefix.size()), value);
  }
  return found;
}

std::optional<Problem> QueryReader::finish() {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!known_[i]) fail(unknown_parameter(parameters_[i].first));
  }
  return std::exchange(problem_, std::nullopt);
}

}  // namespace cassette::api
