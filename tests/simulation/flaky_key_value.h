// FlakyKeyValue: one process's way to the leases, which may lose a request or its answer.
#pragma once

#include <functional>

#include "eventstore/memory_key_value.h"
#include "tests/simulation/weather.h"

namespace cassette::sim {

// `truth` and `weather` outlive it.
class FlakyKeyValue : public eventstore::KeyValue {
 public:
  FlakyKeyValue(eventstore::KeyValue& truth, Weather& weather, ProcessId process)
      : truth_(truth), weather_(weather), process_(process) {}

  eventstore::Stored<std::optional<eventstore::KeyValueEntry>> get(std::string_view key) override {
    return ask([&] { return truth_.get(key); });
  }
  eventstore::Stored<std::uint64_t> create(std::string_view key, std::string_view value) override {
    return ask([&] { return truth_.create(key, value); });
  }
  eventstore::Stored<std::uint64_t> update(std::string_view key, std::string_view value,
                                           std::uint64_t revision) override {
    return ask([&] { return truth_.update(key, value, revision); });
  }
  eventstore::Stored<std::uint64_t> put(std::string_view key, std::string_view value) override {
    return ask([&] { return truth_.put(key, value); });
  }
  eventstore::Stored<eventstore::Done> purge(std::string_view key) override {
    return ask([&] { return truth_.purge(key); });
  }
  eventstore::Stored<eventstore::Done> scrub(std::string_view key) override {
    return ask([&] { return truth_.scrub(key); });
  }
  eventstore::Stored<std::vector<std::string>> keys() override {
    return ask([&] { return truth_.keys(); });
  }

 private:
  auto ask(auto&& call) -> decltype(call()) {
    weather_.travel();
    const NetworkFaults& faults = weather_.plan().network;
    if (!weather_.reaches(process_) || weather_.strikes(faults.lost_request)) return silence();
    auto answer = [&call] {
      const Shield shield;
      return call();
    }();
    if (weather_.strikes(faults.lost_answer)) return silence();
    weather_.travel();
    return answer;
  }

  static Failure<eventstore::StoreError> silence() {
    pass(kSecond);
    return Failure{eventstore::StoreError{eventstore::StoreError::Kind::Unavailable, "no answer"}};
  }

  eventstore::KeyValue& truth_;
  Weather& weather_;
  const ProcessId process_;
};

}  // namespace cassette::sim
