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
  out.push_back(kHexDigits[code >> 4]);
  out.push_back(kHexDigits[code & 15]);
}

bool any_escaped(std::string_view text) {
  bool found = false;
  for (const char c : text) found |= kEscaped[static_cast<unsigned char>(c)];
  return found;
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
  out.push_back('"');
  append(out, plain);
  out.push_back('"');
}

void write_line(JsonBuffer& out, domain::LineId line) {
  out.push_back('"');
  append_integer(out, line.value);
  out.push_back('"');
}

void write_sealed(JsonBuffer& out, const domain::Sealed& sealed) {
  append(out, R"({"$sealed":)");
  write_json_text(out, sealed.token);
  out.push_back('}');
}

void write_list(JsonBuffer& out, const WireType& type, const void* value) {
  const std::size_t count = type.count(value);
  out.push_back('[');
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out.push_back(',');
    write_json(out, *type.inner[0], type.part(value, i));
  }
  out.push_back(']');
}

struct MapWriter {
  JsonBuffer& out;
  const WireType& element;
  bool first = true;
};

void write_entry(void* context, const std::string& key, const void* value) {
  auto& writer = *static_cast<MapWriter*>(context);
  if (!writer.first) writer.out.push_back(',');
  writer.first = false;
  write_json_text(writer.out, key);
  writer.out.push_back(':');
  write_json(writer.out, writer.element, value);
}

void write_map(JsonBuffer& out, const WireType& type, const void* value) {
  MapWriter writer{out, *type.inner[0]};
  out.push_back('{');
  type.each_entry(value, &writer, &write_entry);
  out.push_back('}');
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
  out.push_back('}');
}

void write_object(JsonBuffer& out, const WireType& type, const void* value) {
  out.push_back('{');
  write_members(out, type, value, true);
  out.push_back('}');
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
  out.push_back('"');
  for (const char c : text) {
    if (kEscaped[static_cast<unsigned char>(c)]) {
      append_escaped(out, c);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
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
