// Cursor: its text. Only what format_cursor writes is read.
#include "api/live/cursor.h"

#include <charconv>

namespace cassette::api {
namespace {

template <class Number>
void append(std::string& out, Number number) {
  char digits[24];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  out.append(digits, end);
}

// Takes a number off the front of `text`; false for none, a leading zero, or one too large.
template <class Number>
bool take(std::string_view& text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  const auto length = static_cast<std::size_t>(read.ptr - text.data());
  if (read.ec != std::errc() || (length > 1 && text.front() == '0')) return false;
  text.remove_prefix(length);
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool take(std::string_view& text, std::size_t partition, Place& place) {
  std::uint32_t named = 0;
  if (!take(text, named) || named != partition || !take(text, ':')) return false;
  if (!take(text, place.commit)) return false;
  if (!take(text, '.')) return true;
  return take(text, place.index) && place.index != kWholeCommit && place.commit > 0;
}

}  // namespace

std::string format_cursor(const Cursor& cursor) {
  std::string text;
  for (std::size_t p = 0; p < cursor.size(); ++p) {
    if (p > 0) text += ',';
    append(text, p);
    text += ':';
    append(text, cursor[p].commit);
    if (cursor[p].index == kWholeCommit) continue;
    text += '.';
    append(text, cursor[p].index);
  }
  return text;
}

std::optional<Cursor> parse_cursor(std::string_view text, std::size_t partitions) {
  Cursor cursor(partitions);
  for (std::size_t p = 0; p < partitions; ++p) {
    if (p > 0 && !take(text, ',')) return std::nullopt;
    if (!take(text, p, cursor[p])) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return cursor;
}

}  // namespace cassette::api
