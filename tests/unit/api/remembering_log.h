// RememberingLog: a security log that keeps what it was told.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "api/identity/security_log.h"

namespace cassette::api {

// `record` on any thread; the others once no thread records.
class RememberingLog : public SecurityLog {
 public:
  void record(SecurityEvent event) override {
    const std::lock_guard lock(mutex_);
    events.push_back(std::move(event));
  }
  std::vector<std::string> types() const {
    std::vector<std::string> all;
    for (const SecurityEvent& event : events) all.push_back(event.type);
    return all;
  }

  std::vector<SecurityEvent> events;

 private:
  std::mutex mutex_;
};

}  // namespace cassette::api
