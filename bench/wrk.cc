// Wrk: its command line, and the four lines of its output that count.
#include "bench/wrk.h"

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "bench/child.h"
#include "bench/market.h"

namespace cassette::bench {
namespace {

// What wrk may take beyond the run itself: connecting, and waiting for the last answers.
constexpr std::chrono::seconds kReserve{30};

// The text behind `label` on its line, without blanks; nothing when there is no such line.
std::optional<std::string> value_of(const std::string& output, std::string_view label) {
  const std::size_t at = output.find(label);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t from = output.find_first_not_of(' ', at + label.size());
  return output.substr(from, output.find('\n', from) - from);
}

// "873.00us", "1.23ms" or "1.23s" in microseconds.
double microseconds(const std::string& text) {
  char* unit = nullptr;
  const double value = std::strtod(text.c_str(), &unit);
  const std::string_view rest(unit);
  if (rest.starts_with("us")) return value;
  if (rest.starts_with("ms")) return value * 1e3;
  if (rest.starts_with("s")) return value * 1e6;
  give_up("wrk has another unit of time: " + text);
}

}  // namespace

WrkResult parse_wrk(const std::string& output) {
  const auto failed = {"Non-2xx or 3xx responses:", "Socket errors:"};
  for (const char* label : failed) {
    if (value_of(output, label)) give_up("requests of wrk failed:\n" + output);
  }
  const auto rate = value_of(output, "Requests/sec:");
  const auto slow = value_of(output, " 99%");
  if (!rate || !slow) give_up("wrk printed something else:\n" + output);
  const WrkResult result{std::strtod(rate->c_str(), nullptr), microseconds(*slow)};
  if (result.requests_a_second <= 0) give_up("wrk had no answer:\n" + output);
  return result;
}

WrkResult run_wrk(const WrkOptions& options, const std::filesystem::path& scratch) {
  std::vector<std::string> words = {"wrk", "--latency",
                                    "--threads=" + std::to_string(options.threads),
                                    "--connections=" + std::to_string(options.connections),
                                    "--duration=" + std::to_string(options.seconds)};
  if (!options.script.empty()) words.push_back("--script=" + options.script.string());
  if (!options.token.empty()) words.push_back("--header=Authorization: Bearer " + options.token);
  words.push_back(options.url);
  Child wrk(words, scratch / "wrk.log");
  return parse_wrk(wrk.finish(std::chrono::seconds(options.seconds) + kReserve));
}

}  // namespace cassette::bench
