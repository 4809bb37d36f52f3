// No commit begins as the wrapping does: its first member is `v`.
#include "replay/export_message.h"

#include <cstdint>

namespace cassette::replay {
namespace {

constexpr std::string_view kOpen = R"({"$message":{"hex":")";
constexpr std::string_view kClose = R"("}})";
constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

void append_message(std::string& out, std::string_view body, bool commit) {
  if (commit && body.find('\n') == std::string_view::npos && !body.starts_with(kOpen)) {
    out.append(body).append("\n");
    return;
  }
  out += kOpen;
  for (const char c : body) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  out.append(kClose).append("\n");
}

std::optional<std::string> message_of(std::string_view line) {
  if (!line.starts_with(kOpen)) return std::string(line);
  line.remove_prefix(kOpen.size());
  if (!line.ends_with(kClose)) return std::nullopt;
  line.remove_suffix(kClose.size());
  if (line.size() % 2 != 0) return std::nullopt;
  std::string body;
  body.reserve(line.size() / 2);
  for (std::size_t i = 0; i < line.size(); i += 2) {
    const std::size_t high = kDigits.find(line[i]);
    const std::size_t low = kDigits.find(line[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    body += static_cast<char>(high << 4 | low);
  }
  return body;
}

}  // namespace cassette::replay
