// Binary form: an interpreter of type descriptions, as the JSON ones are.
#include "eventstore/binary_fields.h"

#include <cstring>

namespace cassette::eventstore {
namespace {

void put_varint(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out.push_back(static_cast<char>(number | 0x80));
    number >>= 7;
  }
  out.push_back(static_cast<char>(number));
}

std::uint64_t zigzag(std::int64_t number) {
  return (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
}

std::int64_t unzigzag(std::uint64_t number) {
  return static_cast<std::int64_t>(number >> 1) ^ -static_cast<std::int64_t>(number & 1);
}

void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out.append(text);
}

template <class Integer>
Integer load(const void* value) {
  Integer integer;
  std::memcpy(&integer, value, sizeof integer);
  return integer;
}

std::int64_t load_signed(const WireType& type, const void* value) {
  switch (type.width) {
    case 1:
      return load<std::int8_t>(value);
    case 2:
      return load<std::int16_t>(value);
    case 4:
      return load<std::int32_t>(value);
    default:
      return load<std::int64_t>(value);
  }
}

std::uint64_t load_unsigned(const WireType& type, const void* value) {
  switch (type.width) {
    case 1:
      return load<std::uint8_t>(value);
    case 2:
      return load<std::uint16_t>(value);
    case 4:
      return load<std::uint32_t>(value);
    default:
      return load<std::uint64_t>(value);
  }
}

void put_entry(void* context, const std::string& key, const void* value) {
  const auto& [out, element] = *static_cast<std::pair<std::string*, const WireType*>*>(context);
  put_text(*out, key);
  write_binary(*out, *element, value);
}

void put_map(std::string& out, const WireType& type, const void* value) {
  std::pair<std::string*, const WireType*> context{&out, type.inner[0]};
  put_varint(out, type.count(value));
  type.each_entry(value, &context, &put_entry);
}

void put_list(std::string& out, const WireType& type, const void* value) {
  const std::size_t count = type.count(value);
  put_varint(out, count);
  for (std::size_t i = 0; i < count; ++i) {
    write_binary(out, *type.inner[0], type.part(value, i));
  }
}

void put_object(std::string& out, const WireType& type, const void* value) {
  for (const WireField& field : type.fields()) {
    write_binary(out, *field.type, static_cast<const char*>(value) + field.offset);
  }
}

// What is left to read. Every `take` is false when it does not hold what is wanted.
class Bytes {
 public:
  explicit Bytes(std::string_view rest) : rest_(rest) {}

  bool empty() const { return rest_.empty(); }

  bool take(std::size_t count, std::string_view& taken) {
    if (count > rest_.size()) return false;
    taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return true;
  }

  // Refuses what put_varint doesn't write: more than 64 bits, or an empty last byte.
  bool take_varint(std::uint64_t& number) {
    number = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) return false;
      number |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return byte != 0 || shift == 0;
    }
    return false;
  }

  // A count of things that take a byte each or more, so that a broken one can't ask for the moon.
  bool take_count(std::size_t& count) { return take_varint(count) && count <= rest_.size(); }

  bool take_text(std::string_view& text) {
    std::size_t length = 0;
    return take_varint(length) && take(length, text);
  }

 private:
  std::string_view rest_;
};

bool get(Bytes& bytes, const WireType& type, void* value);

template <class Narrow, class Wide>
bool store(Wide wide, void* value) {
  const auto narrow = static_cast<Narrow>(wide);
  std::memcpy(value, &narrow, sizeof narrow);
  return static_cast<Wide>(narrow) == wide;
}

bool get_text(Bytes& bytes, std::string& text) {
  std::string_view taken;
  if (!bytes.take_text(taken)) return false;
  text.assign(taken);
  return true;
}

bool get_signed(Bytes& bytes, std::size_t width, void* value) {
  std::uint64_t raw = 0;
  if (!bytes.take_varint(raw)) return false;
  const std::int64_t number = unzigzag(raw);
  switch (width) {
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

bool get_unsigned(Bytes& bytes, std::size_t width, void* value) {
  std::uint64_t number = 0;
  if (!bytes.take_varint(number)) return false;
  switch (width) {
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

bool get_bool(Bytes& bytes, bool& value) {
  std::uint64_t number = 0;
  if (!bytes.take_varint(number) || number > 1) return false;
  value = number == 1;
  return true;
}

bool get_raw(Bytes& bytes, void* value, std::size_t size) {
  std::string_view taken;
  if (!bytes.take(size, taken)) return false;
  std::memcpy(value, taken.data(), size);
  return true;
}

bool get_enum(Bytes& bytes, const WireType& type, void* value) {
  std::uint64_t index = 0;
  if (!bytes.take_varint(index) || index >= type.names.size()) return false;
  type.make(value, index);
  return true;
}

bool get_optional(Bytes& bytes, const WireType& type, void* value) {
  bool filled = false;
  if (!get_bool(bytes, filled)) return false;
  return !filled || get(bytes, *type.inner[0], type.make(value, 0));
}

bool get_list(Bytes& bytes, const WireType& type, void* value) {
  std::size_t count = 0;
  if (!bytes.take_count(count)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (!get(bytes, *type.inner[0], type.make(value, i))) return false;
  }
  return true;
}

bool get_map(Bytes& bytes, const WireType& type, void* value) {
  std::size_t count = 0;
  if (!bytes.take_count(count)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view key;
    if (!bytes.take_text(key)) return false;
    void* entry = type.make_entry(value, key);
    if (entry == nullptr || !get(bytes, *type.inner[0], entry)) return false;
  }
  return true;
}

bool get_one_of(Bytes& bytes, const WireType& type, void* value) {
  std::uint64_t index = 0;
  if (!bytes.take_varint(index) || index >= type.inner.size()) return false;
  return get(bytes, *type.inner[index], type.make(value, index));
}

bool get_object(Bytes& bytes, const WireType& type, void* value) {
  for (const WireField& field : type.fields()) {
    if (!get(bytes, *field.type, static_cast<char*>(value) + field.offset)) return false;
  }
  return true;
}

bool get(Bytes& bytes, const WireType& type, void* value) {
  switch (type.kind) {
    case WireKind::Text:
    case WireKind::Sealed:
      return get_text(bytes, detail::as<std::string>(value));
    case WireKind::Line:
      return get_unsigned(bytes, sizeof(domain::LineId), value);
    case WireKind::Digest:
      return get_raw(bytes, value, sizeof(Hash));
    case WireKind::Time:
      return get_signed(bytes, sizeof(domain::Timestamp), value);
    case WireKind::Bool:
      return get_bool(bytes, detail::as<bool>(value));
    case WireKind::Signed:
      return get_signed(bytes, type.width, value);
    case WireKind::Unsigned:
      return get_unsigned(bytes, type.width, value);
    case WireKind::Real:
      return get_raw(bytes, value, sizeof(double));
    case WireKind::Enum:
      return get_enum(bytes, type, value);
    case WireKind::Optional:
      return get_optional(bytes, type, value);
    case WireKind::List:
      return get_list(bytes, type, value);
    case WireKind::Map:
      return get_map(bytes, type, value);
    case WireKind::OneOf:
      return get_one_of(bytes, type, value);
    case WireKind::Object:
      return get_object(bytes, type, value);
  }
  return false;
}

void mix(std::uint64_t& digest, std::string_view text) {
  constexpr std::uint64_t kFnvPrime = 1099511628211U;
  for (const char c : text) digest = (digest ^ static_cast<unsigned char>(c)) * kFnvPrime;
  digest = (digest ^ 0xFF) * kFnvPrime;  // a byte that no name has: ends it
}

void mix_type(std::uint64_t& digest, const WireType& type) {
  const char kind[2] = {static_cast<char>('A' + static_cast<int>(type.kind)),
                        static_cast<char>('0' + type.width)};
  mix(digest, {kind, sizeof kind});
  for (const std::string_view name : type.names) mix(digest, name);
  for (const WireType* inner : type.inner) mix_type(digest, *inner);
  if (type.fields == nullptr) return;
  for (const WireField& field : type.fields()) {
    mix(digest, field.name);
    mix_type(digest, *field.type);
  }
  mix(digest, "");
}

}  // namespace

void write_binary(std::string& out, const WireType& type, const void* value) {
  switch (type.kind) {
    case WireKind::Text:
    case WireKind::Sealed:
      return put_text(out, detail::as<std::string>(value));
    case WireKind::Line:
      return put_varint(out, detail::as<domain::LineId>(value).value);
    case WireKind::Digest:
      out.append(static_cast<const char*>(value), sizeof(Hash));
      return;
    case WireKind::Time:
      return put_varint(out, zigzag(detail::as<domain::Timestamp>(value).micros));
    case WireKind::Bool:
      return put_varint(out, detail::as<bool>(value) ? 1 : 0);
    case WireKind::Signed:
      return put_varint(out, zigzag(load_signed(type, value)));
    case WireKind::Unsigned:
      return put_varint(out, load_unsigned(type, value));
    case WireKind::Real:
      out.append(static_cast<const char*>(value), sizeof(double));
      return;
    case WireKind::Enum:
      return put_varint(out, type.count(value));
    case WireKind::Optional:
      put_varint(out, type.count(value));
      if (type.count(value) > 0) write_binary(out, *type.inner[0], type.part(value, 0));
      return;
    case WireKind::List:
      return put_list(out, type, value);
    case WireKind::Map:
      return put_map(out, type, value);
    case WireKind::OneOf:
      put_varint(out, type.count(value));
      return write_binary(out, *type.inner[type.count(value)], type.part(value, 0));
    case WireKind::Object:
      return put_object(out, type, value);
  }
}

bool read_binary(std::string_view bytes, const WireType& type, void* value) {
  Bytes rest(bytes);
  return get(rest, type, value) && rest.empty();
}

std::uint64_t fields_digest(const WireType& type) {
  std::uint64_t digest = 14695981039346656037U;  // FNV-1a's start
  mix_type(digest, type);
  return digest;
}

}  // namespace cassette::eventstore
