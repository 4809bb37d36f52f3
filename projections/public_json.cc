// Walks a value's description beside json_write.cc, which writes whatever holds nothing sealed.
#include "projections/public_json.h"

#include <algorithm>

namespace cassette::projections {

using eventstore::append;
using eventstore::JsonBuffer;
using eventstore::WireField;
using eventstore::WireKind;
using eventstore::WireType;

namespace {

bool any_inner(const WireType& type, bool (*test)(const WireType&)) {
  return std::ranges::any_of(type.inner, [test](const WireType* inner) { return test(*inner); });
}

bool holds_sealed(const WireType& type) {
  switch (type.kind) {
    case WireKind::Sealed:
      return true;
    case WireKind::Optional:
    case WireKind::List:
    case WireKind::Map:
    case WireKind::OneOf:
      return any_inner(type, &holds_sealed);
    case WireKind::Object:
      return std::ranges::any_of(type.fields(),
                                 [](const WireField& field) { return holds_sealed(*field.type); });
    case WireKind::Text:
    case WireKind::Line:
    case WireKind::Digest:
    case WireKind::Time:
    case WireKind::Bool:
    case WireKind::Signed:
    case WireKind::Unsigned:
    case WireKind::Real:
    case WireKind::Enum:
      return false;
  }
  return false;
}

// Members after `first` ones that stand already.
void write_members(JsonBuffer& out, const WireType& type, const void* object, bool first) {
  for (const WireField& field : type.fields()) {
    const void* value = static_cast<const char*>(object) + field.offset;
    if (only_sealed(*field.type) || eventstore::left_out(*field.type, value)) continue;
    append(out, std::string_view(field.key).substr(first ? 1 : 0));
    first = false;
    write_public(out, *field.type, value);
  }
}

void write_list(JsonBuffer& out, const WireType& type, const void* value) {
  append(out, '[');
  for (std::size_t i = 0; i < type.count(value); ++i) {
    if (i > 0) append(out, ',');
    write_public(out, *type.inner[0], type.part(value, i));
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
  eventstore::write_json_text(writer.out, key);
  append(writer.out, ':');
  write_public(writer.out, writer.element, value);
}

void write_map(JsonBuffer& out, const WireType& type, const void* value) {
  MapWriter writer{out, *type.inner[0]};
  append(out, '{');
  type.each_entry(value, &writer, &write_entry);
  append(out, '}');
}

void write_one_of(JsonBuffer& out, const WireType& type, const void* value) {
  const std::size_t index = type.count(value);
  append(out, R"({"type":)");
  eventstore::write_json_text(out, type.names[index]);
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
  write_public(out, *type.inner[0], type.part(value, 0));
}

}  // namespace

bool only_sealed(const WireType& type) {
  switch (type.kind) {
    case WireKind::Sealed:
      return true;
    case WireKind::Optional:
    case WireKind::List:
    case WireKind::Map:
      return only_sealed(*type.inner[0]);
    case WireKind::Object: {
      const auto& fields = type.fields();
      return !fields.empty() && std::ranges::all_of(fields, [](const WireField& field) {
        return only_sealed(*field.type);
      });
    }
    case WireKind::OneOf:  // its type is something to tell
    case WireKind::Text:
    case WireKind::Line:
    case WireKind::Digest:
    case WireKind::Time:
    case WireKind::Bool:
    case WireKind::Signed:
    case WireKind::Unsigned:
    case WireKind::Real:
    case WireKind::Enum:
      return false;
  }
  return false;
}

void write_public(JsonBuffer& out, const WireType& type, const void* value) {
  if (!holds_sealed(type)) return eventstore::write_json(out, type, value);
  switch (type.kind) {
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
    case WireKind::Sealed:  // on its own it has no place
      return append(out, "null");
    case WireKind::Text:
    case WireKind::Line:
    case WireKind::Digest:
    case WireKind::Time:
    case WireKind::Bool:
    case WireKind::Signed:
    case WireKind::Unsigned:
    case WireKind::Real:
    case WireKind::Enum:
      return eventstore::write_json(out, type, value);
  }
}

}  // namespace cassette::projections
