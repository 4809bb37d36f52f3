// Commit: the textual forms of hashes, positions and event references.
#include "eventstore/commit.h"

#include <charconv>

namespace cassette::eventstore {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// The number up to `end` or the text's end, without sign, leading zeros or anything after it.
// Takes it, and one `end` behind it, off `text`.
template <class Integer>
std::optional<Integer> take_number(std::string_view& text, char end) {
  Integer number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(stop - text.data());
  if (error != std::errc{} || (length > 1 && text[0] == '0')) return std::nullopt;
  if (length < text.size() && text[length] != end) return std::nullopt;
  text.remove_prefix(length);
  return number;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Position> take_position(std::string_view& text) {
  const auto partition = take_number<std::uint32_t>(text, ':');
  if (!partition || !take(text, ':')) return std::nullopt;
  const auto commit = take_number<std::uint64_t>(text, ':');
  if (!commit) return std::nullopt;
  return Position{*partition, *commit};
}

}  // namespace

std::string hex(const Hash& hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(2 * hash.size(), '0');
  for (std::size_t i = 0; i < hash.size(); ++i) {
    text[2 * i] = kDigits[hash[i] >> 4];
    text[2 * i + 1] = kDigits[hash[i] & 15];
  }
  return text;
}

std::optional<Hash> parse_hash(std::string_view hexadecimal) {
  Hash hash{};
  if (hexadecimal.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const int high = hex_value(hexadecimal[2 * i]);
    const int low = hex_value(hexadecimal[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    hash[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return hash;
}

std::string format(const Position& position) {
  return std::to_string(position.partition) + ":" + std::to_string(position.commit);
}

std::optional<Position> parse_position(std::string_view text) {
  const auto position = take_position(text);
  if (!position || !text.empty()) return std::nullopt;
  return position;
}

std::string format(const EventRef& ref) {
  return format(ref.position) + ":" + std::to_string(ref.index);
}

std::optional<EventRef> parse_event_ref(std::string_view text) {
  const auto position = take_position(text);
  if (!position || !take(text, ':')) return std::nullopt;
  const auto index = take_number<std::uint32_t>(text, ':');
  if (!index || !text.empty()) return std::nullopt;
  return EventRef{*position, *index};
}

}  // namespace cassette::eventstore
