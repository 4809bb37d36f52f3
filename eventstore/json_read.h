// Reads any described value from JSON, as json_write.h writes it: strict on types and ranges, and
// without an allocation but for the texts it keeps. Values that are new to a reader are skipped;
// what may stand in a request is the api's to refuse.
#pragma once

#include <string_view>

#include "eventstore/wire_type.h"

namespace cassette::eventstore {

// What JSON may carry, and what a commit can be made of.
bool valid_utf8(std::string_view text);

// Reads one whole JSON object or array into `value`, which is at its default. False for malformed
// JSON, a wrong type, a number out of its type's range, an enum or variant that isn't known, a
// member that stands twice, or anything after the value; `value` then holds what was read so far.
// Members that the type doesn't have are skipped, absent ones stay at their default, null is an
// empty optional. Copies `text` into a padded buffer of the thread's own. Any thread, not
// reentrant.
bool read_json(std::string_view text, const WireType& type, void* value);

template <class T>
bool read_json(std::string_view text, T& value) {
  value = T{};
  return read_json(text, kWireType<T>, &value);
}

}  // namespace cassette::eventstore
