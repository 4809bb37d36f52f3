// Destroyed keys: whether a person's data can be opened no more, asked of the bucket of data keys.
// It opens nothing itself.
#pragma once

#include <memory>

#include "eventstore/key_value.h"
#include "replay/erased.h"

namespace cassette::api {

// Who was erased has no key, but a tombstone in its place. Blocks for the bucket at each call.
replay::IsErased erased_in(std::shared_ptr<eventstore::KeyValue> keys);

}  // namespace cassette::api
