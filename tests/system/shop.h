// Shop: a running cassette in a folder of its own, with one connection to it; what most system
// tests begin with.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/system/marketplace.h"

namespace cassette::test {

// Fails the test, with the log, when the cassette does not start.
class Shop {
 public:
  explicit Shop(std::uint32_t partitions, std::vector<std::string> arguments = {})
      : cassette_(scratch_ / "data", with_partitions(partitions, std::move(arguments))) {
    start();
  }

  CassetteProcess& cassette() { return cassette_; }
  // After a restart another one: don't keep it.
  Marketplace& market() { return *market_; }
  const ScratchFolder& scratch() const { return scratch_; }

  void start(const std::vector<std::string>& more = {}) {
    const bool started = cassette_.start(more);
    REQUIRE_MESSAGE(started, cassette_.log_tail());
    market_ = std::make_unique<Marketplace>(cassette_.http_url());
    // Whoever has read `ready` may read and write.
    REQUIRE(market_->send(write_to("GET", "/health/ready", "")).status == 200);
  }

  // In good order; then its ledger and its read models are checked.
  void end_and_verify() {
    REQUIRE_MESSAGE(cassette_.terminate() == 0, cassette_.log_tail());
    require_sound_models(cassette_.data());
  }

 private:
  static std::vector<std::string> with_partitions(std::uint32_t partitions,
                                                  std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--partitions", std::to_string(partitions)});
    return arguments;
  }

  ScratchFolder scratch_;
  CassetteProcess cassette_;
  std::unique_ptr<Marketplace> market_;
};

}  // namespace cassette::test
