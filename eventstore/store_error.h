// StoreError: the world failed (server, disk, network), or what it holds is not what it should be.
#pragma once

#include <string>

#include "domain/result.h"

namespace cassette::eventstore {

struct StoreError {
  enum class Kind {
    Unavailable,  // no answer, or not now: worth another try
    Full,         // the server or the disk has no room
    Conflict,     // a compare-and-set found another revision
    Corrupt,      // what was read is not what was written
    Mismatch,     // another ledger, shorter or different from the one folded before
    Unsupported,  // written by a newer version, or not durable enough
  };
  Kind kind = Kind::Unavailable;
  std::string what;  // one sentence for the log, with the names of stream, key or file
};

template <class T>
using Stored = Result<T, StoreError>;

// Success without a value.
struct Done {};

}  // namespace cassette::eventstore
