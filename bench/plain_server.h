// PlainServer: cpp-httplib with the settings of Cassette's listener and no work behind them. What
// is sent to it is read, and not looked at.
#pragma once

#include <memory>
#include <string>

namespace cassette::bench {

class PlainServer {
 public:
  // Answers every GET with `constant` and every POST with its body, on a port of loopback.
  explicit PlainServer(std::string constant);
  ~PlainServer();
  PlainServer(const PlainServer&) = delete;
  PlainServer& operator=(const PlainServer&) = delete;

  std::string url() const;

 private:
  class Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace cassette::bench
