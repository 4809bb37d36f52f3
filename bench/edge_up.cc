// EdgeUp: deploy/edge as a child.
#include "bench/edge_up.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include "bench/market.h"
#include "bench/tls_client.h"

namespace cassette::bench {
namespace {

constexpr std::chrono::minutes kReadyTimeout{5};

std::filesystem::path log_of(const std::filesystem::path& data) {
  return data.string() + ".log";
}

std::vector<std::string> words(const std::filesystem::path& data, std::uint16_t port) {
  const std::filesystem::path build = own_binary().parent_path().parent_path();
  const std::filesystem::path script = build.parent_path().parent_path() / "deploy/edge";
  return {script.string(), (build / "cassette").string(),
          "--edge",        "127.0.0.1:" + std::to_string(port),
          "--data",        data.string(),
          "--http",        "127.0.0.1:0",
          "--live",        "off",
          "--rate-limit",  "anonymous.read=off"};
}

}  // namespace

EdgeUp::EdgeUp(const std::filesystem::path& data)
    : data_(data), port_(free_port()), child_(words(data, port_), log_of(data)) {
  const std::string http = "http: ";
  std::optional<std::string> line;
  while ((line = child_.line(kReadyTimeout)) && *line != "ready") {
    if (line->starts_with(http)) http_url_ = line->substr(http.size());
  }
  if (!line) give_up("deploy/edge is not ready:\n" + log());
}

std::string EdgeUp::log() const {
  std::ifstream stream(log_of(data_));
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace cassette::bench
