// The consumer of one vendor on its stream of the feed: durable, pulled from, named as the vendor.
// Private to eventstore/jetstream*.
#pragma once

#include <cstdint>

#include "domain/values.h"
#include "eventstore/jetstream_handles.h"
#include "eventstore/store_error.h"

namespace cassette::eventstore {

// Makes the vendor's consumer, from the stream's first event on, or from `first_sequence` when that
// is not 0. One that is there already stays as it is. Mismatch when there is no such stream.
Stored<Done> make_vendor_consumer(JetStreamLink& link, std::uint32_t partition,
                                  const domain::VendorId& vendor, std::uint64_t first_sequence = 0);

}  // namespace cassette::eventstore
