// Binary form of any described value, compact and without names: for state that can be made again,
// such as the archive's. It is not a format to keep facts in: a type whose fields change can't read
// what it wrote before, so whoever keeps such bytes keeps `fields_digest` beside them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "eventstore/wire_type.h"

namespace cassette::eventstore {

// Varints (zigzag when signed), texts and lists behind their length, members in their order.
void write_binary(std::string& out, const WireType& type, const void* value);

// `value` is at its default. False when the bytes end early, go on behind the value, or can't have
// been written for this type; `value` then holds what was read so far.
bool read_binary(std::string_view bytes, const WireType& type, void* value);

// Changes when the type's members, their names, order or types do, at any depth.
std::uint64_t fields_digest(const WireType& type);

// Appends to `out`.
template <class T>
void write_binary(std::string& out, const T& value) {
  write_binary(out, kWireType<T>, &value);
}

template <class T>
bool read_binary(std::string_view bytes, T& value) {
  value = T{};
  return read_binary(bytes, kWireType<T>, &value);
}

template <class T>
std::uint64_t fields_digest() {
  return fields_digest(kWireType<T>);
}

}  // namespace cassette::eventstore
