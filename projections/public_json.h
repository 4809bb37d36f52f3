// Writes a described value as JSON for everyone: as eventstore/json_write.h does, but without what
// is sealed, be it opened elsewhere or not.
#pragma once

#include "eventstore/json_write.h"

namespace cassette::projections {

// True when a value of `type` can hold nothing but sealed texts: a contact, a list of addresses.
// Members of such a type are left out, whatever they hold.
bool only_sealed(const eventstore::WireType& type);

// `value` is of the described type, which is not `only_sealed` itself. Fails never.
void write_public(eventstore::JsonBuffer& out, const eventstore::WireType& type, const void* value);

}  // namespace cassette::projections
