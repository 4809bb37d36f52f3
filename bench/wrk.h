// Wrk: a run of the load generator `wrk` as a child process, and what it printed. A run in which
// any request went wrong is no run: it ends the bench.
#pragma once

#include <filesystem>
#include <string>

namespace cassette::bench {

struct WrkOptions {
  std::string url;                 // with the path
  std::filesystem::path script{};  // Lua; empty: plain GETs
  std::string token{};             // sent as a bearer token; empty: none
  int threads = 2;
  int connections = 32;  // kept alive, each with one request at a time
  int seconds = 3;
};

struct WrkResult {
  double requests_a_second = 0;
  double p99_us = 0;
};

// Blocks for the run. `scratch` takes what it writes to stderr.
WrkResult run_wrk(const WrkOptions& options, const std::filesystem::path& scratch);

// What `wrk --latency` printed. Ends the bench, with the output, when a request failed or had an
// answer of 400 or above, or when this is not wrk's output.
WrkResult parse_wrk(const std::string& output);

}  // namespace cassette::bench
