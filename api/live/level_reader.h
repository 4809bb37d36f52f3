// Level reader: reads the stock levels that somebody watches, once the read models have folded the
// commit that changed them. Changes of one product that come together are read once.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/live/mailbox.h"
#include "projections/read_models.h"

namespace cassette::api {

// Thread-safe.
class LevelReader {
 public:
  // `deliver` gets each level that there is, from the reader's thread; it never blocks. `models`
  // outlives it.
  LevelReader(projections::ReadModels& models, std::function<void(LevelPtr)> deliver);
  ~LevelReader();
  LevelReader(const LevelReader&) = delete;
  LevelReader& operator=(const LevelReader&) = delete;

  // Once `position` is folded. Never blocks.
  void read(const std::string& vendor, const std::string& product,
            const eventstore::Position& position);
  void stop();

 private:
  using Wanted = std::map<std::string, eventstore::Position>;  // by "vendor/product"

  void run(const std::stop_token& stop);
  bool await(const std::stop_token& stop, const Wanted& wanted);
  void deliver(const std::vector<std::string>& keys);

  projections::ReadModels& models_;
  const std::function<void(LevelPtr)> deliver_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  Wanted wanted_;
  std::jthread thread_;
};

}  // namespace cassette::api
