// SingleFlight: of threads that want the same at the same time one works, and the others wait for
// what it finds. It keeps nothing: who comes after the end works anew.
#pragma once

#include <exception>
#include <future>
#include <mutex>
#include <string>
#include <unordered_map>

namespace cassette::api {

// Thread-safe. `Outcome` is copied to each that waits.
template <class Outcome>
class SingleFlight {
 public:
  // What `work` gives, or gives the thread that was at `key` before. Blocks for as long as the work
  // takes; an exception of it is that of all.
  template <class Work>
  Outcome run(const std::string& key, const Work& work) {
    std::promise<Outcome> ours;
    std::shared_future<Outcome> theirs = join(key, ours);
    if (theirs.valid()) return theirs.get();
    const Landing landing{*this, key};
    try {
      Outcome outcome = work();
      ours.set_value(outcome);
      return outcome;
    } catch (...) {
      ours.set_exception(std::current_exception());
      throw;
    }
  }

 private:
  // Ends the flight when its first thread is through, whatever came of it.
  struct Landing {
    SingleFlight& all;
    const std::string& key;
    ~Landing() {
      const std::lock_guard lock(all.mutex_);
      all.flights_.erase(key);
    }
  };

  // The flight that there is; not valid when `ours` is the first.
  std::shared_future<Outcome> join(const std::string& key, std::promise<Outcome>& ours) {
    const std::lock_guard lock(mutex_);
    const auto [flight, first] = flights_.try_emplace(key);
    if (!first) return flight->second;
    flight->second = ours.get_future().share();
    return {};
  }

  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_future<Outcome>> flights_;  // one a thread at most
};

}  // namespace cassette::api
