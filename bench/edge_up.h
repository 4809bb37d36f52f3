// EdgeUp: `cassette up` behind nginx, as deploy/edge runs them, on one data folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "bench/child.h"

namespace cassette::bench {

class EdgeUp {
 public:
  // Blocks until it says `ready`; ends the bench, with its log, when it does not. Callers are asked
  // who they are, and not held back.
  explicit EdgeUp(const std::filesystem::path& data);

  std::uint16_t port() const { return port_; }
  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }
  // Past nginx.
  const std::string& http_url() const { return http_url_; }
  std::filesystem::path certificate() const { return data_ / "edge/tls.crt"; }
  std::filesystem::path cache() const { return data_ / "edge/cache"; }

  // Drains it. Blocks.
  void end() { child_.end(); }
  // What both wrote to stderr.
  std::string log() const;

 private:
  const std::filesystem::path data_;
  const std::uint16_t port_;
  Child child_;
  std::string http_url_;
};

}  // namespace cassette::bench
