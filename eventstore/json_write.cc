// Writes JSON from the description of a type, one append after another into one buffer.
#include "eventstore/json_write.h"

#include <array>
#include <cstring>

namespace cassette::eventstore {
namespace {

constexpr std::array<bool, 256> kEscaped = [] {
  std::array<bool, 256> escaped{};
  for (std::size_t c = 0; c < 0x20; ++c) escaped[c] = true;
  escaped['"'] = escaped['\\'] = true;
  return escaped;
}();

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_escaped(JsonBuffer& out, char c) {
  switch (c) {
    case '"':
      return append(out, "\\\"");
    case '\\':
      return append(out, "\\\\");
    case '\n':
      return append(out, "\\n");
    case '\r':
      return append(out, "\\r");
    case '\t':
      return append(out, "\\t");
    default:
      break;
  }
  const auto code = static_cast<unsigned char>(c);
  append(out, "\\u00");
  append(out, kHexDigits[code >> 4]);
  append(out, kHexDigits[code & 15]);
}

// Eight bytes at once: one below 0x20, a quote or a backslash sets the top bit of some byte.
bool any_escaped(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t quotes = word ^ (kOnes * '"');
  const std::uint64_t backslashes = word ^ (kOnes * '\\');
  const std::uint64_t low = (word - kOnes * 0x20) & ~word;
  const std::uint64_t quoted = (quotes - kOnes) & ~quotes;
  const std::uint64_t backslashed = (backslashes - kOnes) & ~backslashes;
  return ((low | quoted | backslashed) & (kOnes * 0x80)) != 0;
}

bool any_escaped(std::string_view text) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if (any_escaped(word)) return true;
  }
  for (; at < text.size(); ++at) {
    if (kEscaped[static_cast<unsigned char>(text[at])]) return true;
  }
  return false;
}

template <class Integer>
void append_integer(JsonBuffer& out, Integer value) {
  const fmt::format_int digits(value);
  append(out, {digits.data(), digits.size()});
}

template <class Integer>
Integer load(const void* value) {
  Integer integer;
  std::memcpy(&integer, value, sizeof integer);
  return integer;
}

void write_signed(JsonBuffer& out, const WireType& type, const void* value) {
  switch (type.width) {
    case 1:
      return append_integer(out, int{load<std::int8_t>(value)});
    case 2:
      return append_integer(out, int{load<std::int16_t>(value)});
    case 4:
      return append_integer(out, load<std::int32_t>(value));
    default:
      return append_integer(out, load<std::int64_t>(value));
  }
}

void write_unsigned(JsonBuffer& out, const WireType& type, const void* value) {
  switch (type.width) {
    case 1:
      return append_integer(out, unsigned{load<std::uint8_t>(value)});
    case 2:
      return append_integer(out, unsigned{load<std::uint16_t>(value)});
    case 4:
      return append_integer(out, load<std::uint32_t>(value));
    default:
      return append_integer(out, load<std::uint64_t>(value));
  }
}

void append_quoted(JsonBuffer& out, std::string_view plain) {
  char* const to = extend(out, plain.size() + 2);
  to[0] = '"';
  std::copy(plain.begin(), plain.end(), to + 1);
  to[plain.size() + 1] = '"';
}

void write_line(JsonBuffer& out, domain::LineId line) {
  append(out, '"');
  append_integer(out, line.value);
  append(out, '"');
}

void write_sealed(JsonBuffer& out, const domain::Sealed& sealed) {
  append(out, R"({"$sealed":)");
  write_json_text(out, sealed.token);
  append(out, '}');
}

void write_list(JsonBuffer& out, const WireType& type, const void* value) {
  const std::size_t count = type.count(value);
  append(out, '[');
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) append(out, ',');
    write_json(out, *type.inner[0], type.part(value, i));
  }
  append(out, ']');
}

struct MapWriter {
  JsonBuffer& out;
  const WireType& element;
  bool first = true;
};

void write_entry(void* context, const std::string& key, const void* value) {
  auto& writer = *static_cast<MapWriter*>(context);
  if (!writer.first) append(writer.out, ',');
  writer.first = false;
  write_json_text(writer.out, key);
  append(writer.out, ':');
  write_json(writer.out, writer.element, value);
}

void write_map(JsonBuffer& out, const WireType& type, const void* value) {
  MapWriter writer{out, *type.inner[0]};
  append(out, '{');
  type.each_entry(value, &writer, &write_entry);
  append(out, '}');
}

const void* member(const WireField& field, const void* object) {
  return static_cast<const char*>(object) + field.offset;
}

// Members after `first` ones that stand already.
void write_members(JsonBuffer& out, const WireType& type, const void* object, bool first) {
  for (const WireField& field : type.fields()) {
    const void* value = member(field, object);
    if (left_out(*field.type, value)) continue;
    append(out, std::string_view(field.key).substr(first ? 1 : 0));
    first = false;
    write_json(out, *field.type, value);
  }
}

void write_one_of(JsonBuffer& out, const WireType& type, const void* value) {
  const std::size_t index = type.count(value);
  append(out, R"({"type":)");
  append_quoted(out, type.names[index]);
  write_members(out, *type.inner[index], type.part(value, 0), false);
  append(out, '}');
}

void write_object(JsonBuffer& out, const WireType& type, const void* value) {
  append(out, '{');
  write_members(out, type, value, true);
  append(out, '}');
}

void write_optional(JsonBuffer& out, const WireType& type, const void* value) {
  if (type.count(value) == 0) return append(out, "null");
  write_json(out, *type.inner[0], type.part(value, 0));
}

bool all_left_out(const WireType& type, const void* object) {
  for (const WireField& field : type.fields()) {
    if (!left_out(*field.type, member(field, object))) return false;
  }
  return true;
}

}  // namespace

void write_json_text(JsonBuffer& out, std::string_view text) {
  if (!any_escaped(text)) return append_quoted(out, text);
  append(out, '"');
  for (const char c : text) {
    if (kEscaped[static_cast<unsigned char>(c)]) {
      append_escaped(out, c);
    } else {
      append(out, c);
    }
  }
  append(out, '"');
}

bool left_out(const WireType& type, const void* value) {
  switch (type.kind) {
    case WireKind::Text:
    case WireKind::Sealed:
      return detail::as<std::string>(value).empty();
    case WireKind::Bool:
      return !detail::as<bool>(value);
    case WireKind::Optional:
    case WireKind::List:
    case WireKind::Map:
      return type.count(value) == 0;
    case WireKind::Object:
      return all_left_out(type, value);
    case WireKind::Line:
    case WireKind::Digest:
    case WireKind::Time:
    case WireKind::Signed:
    case WireKind::Unsigned:
    case WireKind::Real:
    case WireKind::Enum:
    case WireKind::OneOf:
      return false;
  }
  return false;
}

void write_json(JsonBuffer& out, const WireType& type, const void* value) {
  switch (type.kind) {
    case WireKind::Text:
      return write_json_text(out, detail::as<std::string>(value));
    case WireKind::Sealed:
      return write_sealed(out, detail::as<domain::Sealed>(value));
    case WireKind::Line:
      return write_line(out, detail::as<domain::LineId>(value));
    case WireKind::Digest:
      return append_quoted(out, hex(detail::as<Hash>(value)));
    case WireKind::Time:
      return append_quoted(out, domain::format(detail::as<domain::Timestamp>(value)));
    case WireKind::Bool:
      return append(out, detail::as<bool>(value) ? "true" : "false");
    case WireKind::Signed:
      return write_signed(out, type, value);
    case WireKind::Unsigned:
      return write_unsigned(out, type, value);
    case WireKind::Real:
      fmt::format_to(fmt::appender(out), "{}", detail::as<double>(value));
      return;
    case WireKind::Enum:
      return append_quoted(out, type.names[type.count(value)]);
    case WireKind::Optional:
      return write_optional(out, type, value);
    case WireKind::List:
      return write_list(out, type, value);
    case WireKind::Map:
      return write_map(out, type, value);
    case WireKind::OneOf:
      return write_one_of(out, type, value);
    case WireKind::Object:
      return write_object(out, type, value);
  }
}

}  // namespace cassette::eventstore
