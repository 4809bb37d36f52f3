// Reads JSON by the description of a type, with simdjson's on-demand cursor.
#include "eventstore/json_read.h"

#include <charconv>
#include <cstring>
#include <limits>

#include "eventstore/json_cursor.h"

namespace cassette::eventstore {
namespace {

namespace ondemand = simdjson::ondemand;

bool read_text(ondemand::value json, std::string& text) {
  std::string_view read;
  if (!get_text(json, read)) return false;
  text.assign(read);
  return true;
}

bool read_line(ondemand::value json, domain::LineId& line) {
  std::string_view text;
  if (!get_text(json, text) || text.empty()) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), line.value);
  return error == std::errc{} && end == text.data() + text.size();
}

bool read_digest(ondemand::value json, Hash& hash) {
  std::string_view text;
  if (!get_text(json, text)) return false;
  const auto parsed = parse_hash(text);
  if (parsed) hash = *parsed;
  return parsed.has_value();
}

bool read_time(ondemand::value json, domain::Timestamp& time) {
  std::string_view text;
  if (!get_text(json, text)) return false;
  const auto parsed = domain::parse_timestamp(text);
  if (parsed) time = *parsed;
  return parsed.has_value();
}

template <class Narrow, class Wide>
bool store(Wide wide, void* value) {
  const auto narrow = static_cast<Narrow>(wide);
  std::memcpy(value, &narrow, sizeof narrow);
  return static_cast<Wide>(narrow) == wide;
}

bool read_signed(ondemand::value json, const WireType& type, void* value) {
  std::int64_t number = 0;
  if (json.get_int64().get(number) != simdjson::SUCCESS) return false;
  switch (type.width) {
    case 1:
      return store<std::int8_t>(number, value);
    case 2:
      return store<std::int16_t>(number, value);
    case 4:
      return store<std::int32_t>(number, value);
    default:
      return store<std::int64_t>(number, value);
  }
}

bool read_unsigned(ondemand::value json, const WireType& type, void* value) {
  std::uint64_t number = 0;
  if (json.get_uint64().get(number) != simdjson::SUCCESS) return false;
  switch (type.width) {
    case 1:
      return store<std::uint8_t>(number, value);
    case 2:
      return store<std::uint16_t>(number, value);
    case 4:
      return store<std::uint32_t>(number, value);
    default:
      return store<std::uint64_t>(number, value);
  }
}

std::size_t index_of(std::span<const std::string_view> names, std::string_view name) {
  std::size_t i = 0;
  while (i < names.size() && names[i] != name) ++i;
  return i;
}

bool read_enum(ondemand::value json, const WireType& type, void* value) {
  std::string_view name;
  if (!get_text(json, name)) return false;
  const std::size_t i = index_of(type.names, name);
  if (i < type.names.size()) type.make(value, i);
  return i < type.names.size();
}

bool read_optional(ondemand::value json, const WireType& type, void* value, ReadTrace& trace) {
  bool null = false;
  if (json.is_null().get(null) != simdjson::SUCCESS) return false;
  return null || read_value(json, *type.inner[0], type.make(value, 0), trace);
}

bool read_list(ondemand::value json, const WireType& type, void* value, ReadTrace& trace) {
  ondemand::array array;
  if (json.get_array().get(array) != simdjson::SUCCESS) return false;
  for (auto item : array) {
    ondemand::value element;
    if (item.get(element) != simdjson::SUCCESS) return false;
    if (!read_value(element, *type.inner[0], type.make(value, 0), trace)) return false;
  }
  return true;
}

bool read_map(ondemand::value json, const WireType& type, void* value, ReadTrace& trace) {
  ondemand::object object;
  if (json.get_object().get(object) != simdjson::SUCCESS) return false;
  return each_member(object, [&](std::string_view key, ondemand::value entry) {
    void* made = type.make_entry(value, key);
    return made != nullptr && read_value(entry, *type.inner[0], made, trace);
  });
}

bool read_object(ondemand::value json, const WireType& type, void* value, ReadTrace& trace) {
  ondemand::object object;
  if (json.get_object().get(object) != simdjson::SUCCESS) return false;
  MemberReader reader(type, value);
  return each_member(object, [&](std::string_view key, ondemand::value member) {
    return reader.read(key, member, trace);
  });
}

bool read_sealed(ondemand::value json, domain::Sealed& sealed) {
  ondemand::object object;
  if (json.get_object().get(object) != simdjson::SUCCESS) return false;
  bool found = false;
  return each_member(object,
                     [&](std::string_view key, ondemand::value token) {
                       if (found || key != "$sealed") return false;
                       found = true;
                       return read_text(token, sealed.token);
                     }) &&
         found;
}

// The first member is "type" and names the alternative.
bool read_one_of(ondemand::value json, const WireType& type, void* value, ReadTrace& trace) {
  ondemand::object object;
  if (json.get_object().get(object) != simdjson::SUCCESS) return false;
  std::optional<MemberReader> reader;
  return each_member(object,
                     [&](std::string_view key, ondemand::value member) {
                       if (reader) return key != "type" && reader->read(key, member, trace);
                       std::string_view name;
                       if (key != "type") return false;
                       if (!get_text(member, name)) return false;
                       const std::size_t i = index_of(type.names, name);
                       if (i == type.names.size()) return false;
                       reader.emplace(*type.inner[i], type.make(value, i));
                       return true;
                     }) &&
         reader.has_value();
}

}  // namespace

bool MemberReader::read(std::string_view key, ondemand::value json, ReadTrace& trace) {
  for (std::size_t tried = 0; tried < fields_.size(); ++tried) {
    const std::size_t i = next_ < fields_.size() ? next_ : 0;
    next_ = i + 1;
    const WireField& field = fields_[i];
    if (field.name != key) continue;
    if (seen(i)) return false;
    seen_ |= std::uint64_t{1} << i;
    trace.member = field.name;
    return read_value(json, *field.type, static_cast<char*>(object_) + field.offset, trace);
  }
  trace.skipped = true;
  return true;
}

bool read_value(ondemand::value json, const WireType& type, void* value, ReadTrace& trace) {
  switch (type.kind) {
    case WireKind::Text:
      return read_text(json, detail::as<std::string>(value));
    case WireKind::Sealed:
      return read_sealed(json, detail::as<domain::Sealed>(value));
    case WireKind::Line:
      return read_line(json, detail::as<domain::LineId>(value));
    case WireKind::Digest:
      return read_digest(json, detail::as<Hash>(value));
    case WireKind::Time:
      return read_time(json, detail::as<domain::Timestamp>(value));
    case WireKind::Bool:
      return json.get_bool().get(detail::as<bool>(value)) == simdjson::SUCCESS;
    case WireKind::Signed:
      return read_signed(json, type, value);
    case WireKind::Unsigned:
      return read_unsigned(json, type, value);
    case WireKind::Real:
      return json.get_double().get(detail::as<double>(value)) == simdjson::SUCCESS;
    case WireKind::Enum:
      return read_enum(json, type, value);
    case WireKind::Optional:
      return read_optional(json, type, value, trace);
    case WireKind::List:
      return read_list(json, type, value, trace);
    case WireKind::Map:
      return read_map(json, type, value, trace);
    case WireKind::OneOf:
      return read_one_of(json, type, value, trace);
    case WireKind::Object:
      return read_object(json, type, value, trace);
  }
  return false;
}

simdjson::error_code parse_json(std::string_view text, ondemand::document& document) {
  thread_local ondemand::parser parser;
  thread_local std::string buffer;
  if (buffer.size() < text.size() + simdjson::SIMDJSON_PADDING) {
    buffer.resize(2 * text.size() + simdjson::SIMDJSON_PADDING);
  }
  std::memcpy(buffer.data(), text.data(), text.size());
  // Of a text that is cut off, simdjson looks at what is behind it: not at what was read before.
  std::memset(buffer.data() + text.size(), 0, simdjson::SIMDJSON_PADDING);
  return parser.iterate(buffer.data(), text.size(), buffer.size()).get(document);
}

bool at_end(ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

bool valid_utf8(std::string_view text) {
  return simdjson::validate_utf8(text);
}

bool read_json(std::string_view text, const WireType& type, void* value) {
  ondemand::document document;
  ondemand::value root;
  ReadTrace trace;
  if (parse_json(text, document) != simdjson::SUCCESS) return false;
  if (document.get_value().get(root) != simdjson::SUCCESS) return false;
  return read_value(root, type, value, trace) && at_end(document);
}

}  // namespace cassette::eventstore
