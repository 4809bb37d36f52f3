// The age test of remembered commands, by the commit time kept with each.
#include "eventstore/rocks_command_filter.h"

#include "eventstore/archive.h"
#include "eventstore/binary_fields.h"

namespace cassette::eventstore {

bool OldCommandFilter::Filter(int, const rocksdb::Slice&, const rocksdb::Slice& value, std::string*,
                              bool*) const {
  RememberedCommand command;
  if (!read_binary({value.data(), value.size()}, command)) return false;
  return command.at.micros <= horizon_micros_.load(std::memory_order_relaxed);
}

}  // namespace cassette::eventstore
