// Values: validation and textual forms of ids, currencies and times.
#include "domain/values.h"

#include <chrono>

namespace cassette::domain {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Reads exactly `count` digits at `at`; -1 when there are fewer.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int number = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!is_digit(text[i])) return -1;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

// The fraction between `at` and the closing Z, in microseconds; nothing when it is malformed.
std::optional<std::int64_t> fraction_micros(std::string_view text, std::size_t at) {
  constexpr std::size_t kMaxDecimals = 9;
  if (at + 1 == text.size()) return 0;
  const std::string_view decimals = text.substr(at + 1, text.size() - at - 2);
  if (text[at] != '.' || decimals.empty() || decimals.size() > kMaxDecimals) return std::nullopt;
  std::int64_t micros = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    micros = micros * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  }
  for (const char c : decimals) {
    if (!is_digit(c)) return std::nullopt;
  }
  return micros;
}

}  // namespace

bool valid_id(std::string_view text) {
  if (text.empty() || text.size() > kMaxIdLength) return false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !is_digit(c) && c != '_' && c != '-') return false;
  }
  return true;
}

bool valid_currency(std::string_view code) {
  if (code.size() != 3) return false;
  for (const char c : code) {
    if (c < 'A' || c > 'Z') return false;
  }
  return true;
}

namespace {

// `count` digits of `number` at `at`, with leading zeros.
void put_digits(std::string& text, std::size_t at, std::size_t count, std::int64_t number) {
  for (std::size_t i = count; i-- > 0; number /= 10) {
    text[at + i] = static_cast<char>('0' + number % 10);
  }
}

}  // namespace

// By hand: it stands in every document and event, and snprintf was half of folding them.
std::string format(Timestamp time) {
  using namespace std::chrono;
  const sys_time<microseconds> point{microseconds{time.micros}};
  const auto day = floor<days>(point);
  const year_month_day date{day};
  const std::int64_t of_day = (point - day).count();
  constexpr std::int64_t kSecond = 1'000'000;
  std::string text = "0000-00-00T00:00:00.000000Z";
  put_digits(text, 0, 4, int{date.year()});
  put_digits(text, 5, 2, unsigned{date.month()});
  put_digits(text, 8, 2, unsigned{date.day()});
  put_digits(text, 11, 2, of_day / (3600 * kSecond));
  put_digits(text, 14, 2, of_day / (60 * kSecond) % 60);
  put_digits(text, 17, 2, of_day / kSecond % 60);
  put_digits(text, 20, 6, of_day % kSecond);
  return text;
}

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view kShape = "0000-00-00T00:00:00";
  if (text.size() <= kShape.size() || text.back() != 'Z') return std::nullopt;
  for (const std::size_t i : {4U, 7U, 10U, 13U, 16U}) {
    if (text[i] != kShape[i]) return std::nullopt;
  }
  const int year_number = digits(text, 0, 4);
  const int month_number = digits(text, 5, 2);
  const int day_number = digits(text, 8, 2);
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (year_number < 0 || month_number < 0 || day_number < 0) return std::nullopt;
  const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                            std::chrono::day{static_cast<unsigned>(day_number)}};
  const bool clock_ok =
      hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
  const auto fraction = fraction_micros(text, kShape.size());
  if (!date.ok() || !clock_ok || !fraction) return std::nullopt;
  const auto whole =
      sys_days{date}.time_since_epoch() + hours{hour} + minutes{minute} + seconds{second};
  return Timestamp{duration_cast<microseconds>(whole).count() + *fraction};
}

}  // namespace cassette::domain
