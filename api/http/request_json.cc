// Request JSON: the leaves, and the bounds of a body as a whole.
#include "api/http/request_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "api/http/json_text.h"

namespace cassette::api {
namespace {

// Clients' clocks may be this far ahead of ours before their times are called future ones.
constexpr std::int64_t kClockSkewMicros = 1'000'000;

}  // namespace

std::vector<domain::LineQuantity> to_lines(const std::optional<LineRequests>& lines) {
  std::vector<domain::LineQuantity> result;
  if (!lines) return result;
  result.reserve(lines->values.size());
  for (const LineRequest& line : lines->values) {
    result.push_back({line.line_id, line.quantity.value});
  }
  return result;
}

std::string Address::json() const {
  std::string out = "{";
  fields(*this, [&out]<class M>(std::string_view member_name, const M& member) {
    if constexpr (json::kMayBeAbsent<M>) {
      if (member) append_member(out, member_name, member->value);
    } else {
      append_member(out, member_name, member.value);
    }
  });
  return out += '}';
}

namespace json {
namespace {

// Of one byte: what UTF-8 says with more is not looked at.
bool has_control(std::string_view text, Layout layout) {
  return std::ranges::any_of(text, [layout](char c) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    const bool lays_out = c == '\n' || c == '\r' || c == '\t';
    return control && !(lays_out && layout == Layout::Lines);
  });
}

bool parse_digits(std::string_view text, std::uint32_t& number) {
  if (text.empty() || text.front() == '0' || text.front() == '-') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string Path::text() const {
  if (!parent) return "";
  std::string text = parent->text();
  if (name.empty()) return fmt::format("{}[{}]", text, index);
  if (!text.empty()) text += '.';
  return text.append(name);
}

bool read_integer(Reading& reading, Element from, std::int64_t min, std::int64_t max,
                  std::int64_t& to, const Path& path) {
  if (from.get(to) == simdjson::SUCCESS && to >= min && to <= max) return true;
  return reading.fail(
      invalid_field(path.text(), fmt::format("must be a whole number from {} to {}", min, max)));
}

bool read_text(Reading& reading, Element from, const TextBounds& bounds, std::string& to,
               const Path& path) {
  std::string_view text;
  if (from.get(text) != simdjson::SUCCESS) {
    return reading.fail(invalid_field(path.text(), "must be a string"));
  }
  if (text.size() < bounds.min_bytes || text.size() > bounds.max_bytes) {
    return reading.fail(invalid_field(
        path.text(), fmt::format("must have {} to {} bytes", bounds.min_bytes, bounds.max_bytes)));
  }
  if (has_control(text, bounds.layout)) {
    const bool line = bounds.layout == Layout::Line;
    return reading.fail(invalid_field(
        path.text(), line ? "must be one line, without control characters"
                          : "must have no control characters but tabs and ends of lines"));
  }
  to = text;
  return true;
}

bool read_id(Reading& reading, Element from, std::string& to, const Path& path) {
  std::string_view text;
  if (from.get(text) == simdjson::SUCCESS && domain::valid_id(text)) {
    to = text;
    return true;
  }
  return reading.fail(
      invalid_field(path.text(), "must be a string of 1 to 64 letters, digits, _ or -"));
}

bool fail_enum(Reading& reading, std::span<const std::string_view> names, const Path& path) {
  return reading.fail(
      invalid_field(path.text(), fmt::format("must be one of {}", fmt::join(names, ", "))));
}

bool read(Reading& reading, Element from, bool& to, const Path& path) {
  if (from.get(to) == simdjson::SUCCESS) return true;
  return reading.fail(invalid_field(path.text(), "must be true or false"));
}

bool read(Reading& reading, Element from, std::string& to, const Path& path) {
  return read_text(reading, from, {0, kMaxDescriptionBytes, Layout::Lines}, to, path);
}

bool read(Reading& reading, Element from, std::int64_t& to, const Path& path) {
  return read_integer(reading, from, -kMaxExactInteger, kMaxExactInteger, to, path);
}

bool read(Reading& reading, Element from, std::uint64_t& to, const Path& path) {
  std::int64_t number = 0;
  if (!read_integer(reading, from, 0, kMaxExactInteger, number, path)) return false;
  to = static_cast<std::uint64_t>(number);
  return true;
}

bool read(Reading& reading, Element from, domain::LineId& to, const Path& path) {
  std::string_view text;
  if (from.get(text) == simdjson::SUCCESS && parse_digits(text, to.value)) return true;
  return reading.fail(invalid_field(path.text(), "must be a string of digits, like \"1\""));
}

bool read(Reading& reading, Element from, domain::Currency& to, const Path& path) {
  std::string_view text;
  if (from.get(text) == simdjson::SUCCESS && domain::valid_currency(text)) {
    to.code = text;
    return true;
  }
  return reading.fail(invalid_field(path.text(), "must be an ISO 4217 code, like \"USD\""));
}

bool read(Reading& reading, Element from, PastTime& to, const Path& path) {
  std::string_view text;
  const auto time =
      from.get(text) == simdjson::SUCCESS ? domain::parse_timestamp(text) : std::nullopt;
  if (!time) {
    return reading.fail(
        invalid_field(path.text(), "must be RFC 3339 in UTC, like \"2026-11-23T21:07:00Z\""));
  }
  if (time->micros > reading.now.micros + kClockSkewMicros) {
    return reading.fail(invalid_field(path.text(), "must not be in the future"));
  }
  to.value = *time;
  return true;
}

bool read(Reading& reading, Element from, CountryCode& to, const Path& path) {
  std::string_view text;
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (from.get(text) == simdjson::SUCCESS && text.size() == 2 && capital(text[0]) &&
      capital(text[1])) {
    to.value = text;
    return true;
  }
  return reading.fail(invalid_field(path.text(), "must be an ISO 3166 code, like \"US\""));
}

bool read(Reading& reading, Element from, Specifications& to, const Path& path) {
  simdjson::dom::object object;
  if (from.get(object) != simdjson::SUCCESS) {
    return reading.fail(invalid_field(path.text(), "must be an object"));
  }
  for (const auto [name, value] : object) {
    const Path here{&path, name, 0};
    if (name.empty() || name.size() > kMaxCodeBytes || name.find('$') != std::string_view::npos ||
        has_control(name, Layout::Line)) {
      return reading.fail(invalid_field(
          path.text(), fmt::format("has names of 1 to {} bytes without $ and control characters",
                                   kMaxCodeBytes)));
    }
    const auto [entry, added] = to.values.try_emplace(std::string(name));
    if (!added) return reading.fail(invalid_field(here.text(), "is there twice"));
    const TextBounds bounds{0, kMaxReasonBytes, Layout::Line};
    if (!read_text(reading, value, bounds, entry->second, here)) return false;
  }
  if (to.values.size() <= kMaxSpecifications) return true;
  return reading.fail(
      invalid_field(path.text(), fmt::format("has at most {} members", kMaxSpecifications)));
}

namespace {

simdjson::dom::parser& threads_parser() {
  thread_local simdjson::dom::parser parser;
  return parser;
}

}  // namespace

ParserUse::~ParserUse() {
  if (parser_capacity() > kMaxParserKept) threads_parser() = simdjson::dom::parser();
}

std::size_t parser_capacity() {
  return threads_parser().capacity();
}

Answered<Element> parse(std::string_view body) {
  simdjson::dom::parser& parser = threads_parser();
  if (parser.max_depth() != kMaxJsonDepth || parser.capacity() < body.size()) {
    if (parser.allocate(std::max<std::size_t>(body.size(), 4096), kMaxJsonDepth)) {
      return Failure{unavailable("Out of memory.")};
    }
  }
  Element root;
  const auto error = parser.parse(body.data(), body.size()).get(root);
  if (error == simdjson::SUCCESS) return root;
  return Failure{malformed(fmt::format("The body is no JSON that is understood here: {}",
                                       simdjson::error_message(error)))};
}

}  // namespace json
}  // namespace cassette::api
