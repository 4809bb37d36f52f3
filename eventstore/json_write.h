// Writes any described value as JSON: commits' events and the documents as served.
// Fails never and validates nothing: texts must be UTF-8, which the edges see to.
//
//   string, Id, Currency   string              LineId      string of digits
//   integer, double, bool  number, true        Hash        64 hexadecimal digits
//   enum                   its name            Timestamp   RFC 3339, six decimals, Z
//   vector, map            array, object       Sealed      {"$sealed":"<token>"}
//   optional               its value           variant     object that begins with "type"
//
// A member is left out when a reader's default is the same: an empty text, Sealed, vector, map or
// optional, false, and an object of which every member is left out. Numbers, times and enums are
// always written. A filled optional is always written, whatever it holds.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "eventstore/wire_type.h"

namespace cassette::eventstore {

// Grows without being zeroed first; small values need no allocation.
using JsonBuffer = fmt::memory_buffer;

// `size` more bytes at the end, to be written at once: fmt's own append is a call each.
inline char* extend(JsonBuffer& out, std::size_t size) {
  const std::size_t at = out.size();
  out.resize(at + size);
  return out.data() + at;
}

inline void append(JsonBuffer& out, std::string_view text) {
  std::copy(text.begin(), text.end(), extend(out, text.size()));
}

inline void append(JsonBuffer& out, char c) {
  *extend(out, 1) = c;
}

// With its quotes and escapes.
void write_json_text(JsonBuffer& out, std::string_view text);

// The value, left out or not. `value` is of the described type.
void write_json(JsonBuffer& out, const WireType& type, const void* value);

// True when a member with this value is not written.
bool left_out(const WireType& type, const void* value);

template <class T>
void write_json(JsonBuffer& out, const T& value) {
  write_json(out, kWireType<T>, &value);
}

// Appends to `out`.
template <class T>
void write_json(std::string& out, const T& value) {
  JsonBuffer buffer;
  write_json(buffer, kWireType<T>, &value);
  out.append(buffer.data(), buffer.size());
}

template <class T>
std::string to_json(const T& value) {
  std::string out;
  write_json(out, value);
  return out;
}

}  // namespace cassette::eventstore
