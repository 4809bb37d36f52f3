// CacheSink: a cache that answers for us and can be told that some of its answers are over.
#pragma once

#include <span>
#include <string>

#include "domain/result.h"
#include "eventstore/store_error.h"

namespace cassette::api {

// One thread uses it. Calls may block, each for a bounded time. Unavailable when the cache could
// not be told: the same may be asked again.
class CacheSink {
 public:
  virtual ~CacheSink() = default;

  // Answers to GETs of these paths ("/vendors/1580/inventory/771") are over. What is not kept is no
  // error.
  virtual eventstore::Stored<eventstore::Done> purge(std::span<const std::string> paths) = 0;
  // All are.
  virtual eventstore::Stored<eventstore::Done> purge_all() = 0;
};

}  // namespace cassette::api
