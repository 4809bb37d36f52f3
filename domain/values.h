// Values: ids, money, times and sealed texts, as every aggregate uses them.
// Nothing here knows a clock, a key or a wire format beyond the textual form of each value.
#pragma once

#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "domain/fields.h"

namespace cassette::domain {

// The longest id, in characters: ids stand in NATS subjects and RocksDB keys.
inline constexpr std::size_t kMaxIdLength = 64;

// For tables in memory, and never written anywhere: a few instructions, where the standard
// library's is a call. Eight bytes at a time, each mixed in by a multiplication (as FNV does a
// byte).
inline std::size_t hash_of_id(std::string_view text) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15ULL;
  std::uint64_t hash = text.size() * kOdd;
  const auto mix = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * kOdd;
    hash ^= hash >> 32;
  };
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    mix(word);
    text.remove_prefix(sizeof word);
  }
  std::uint64_t rest = 0;
  for (const char c : text) rest = rest << 8 | static_cast<unsigned char>(c);
  mix(rest);
  return static_cast<std::size_t>(hash ^ hash >> 29);
}

// True for 1 to kMaxIdLength characters of [A-Za-z0-9_-].
bool valid_id(std::string_view text);

// An id that can't be mistaken for another kind's. Holds what it was given; the edges validate.
template <class Tag>
struct Id {
  std::string value;

  bool empty() const { return value.empty(); }
  auto operator<=>(const Id&) const = default;
};

using VendorId = Id<struct VendorTag>;
using ProductId = Id<struct ProductTag>;
using OrderId = Id<struct OrderTag>;
using CustomerId = Id<struct CustomerTag>;
using WarehouseId = Id<struct WarehouseTag>;
using ShipmentId = Id<struct ShipmentTag>;
using ReturnId = Id<struct ReturnTag>;

// A line's number within its order, from 1; on the wire a string of digits.
struct LineId {
  std::uint32_t value = 0;

  auto operator<=>(const LineId&) const = default;
};

// Units of a product. Never above kMaxQuantity, so that sums over an order can't overflow.
using Quantity = std::int64_t;
inline constexpr Quantity kMaxQuantity = 1'000'000'000;

// How often an entity has changed; 0 before its first event.
using Version = std::uint64_t;

// An ISO 4217 code: three capital letters, or empty for "none yet".
struct Currency {
  std::string code;

  bool empty() const { return code.empty(); }
  auto operator<=>(const Currency&) const = default;
};

bool valid_currency(std::string_view code);

// The largest amount of one price or charge, in minor units: 2^53 / (lines x quantity) stays exact.
inline constexpr std::int64_t kMaxAmount = 1'000'000'000'000;

// An amount in minor units (cents) of a currency.
struct Money {
  std::int64_t amount = 0;
  Currency currency;

  static void fields(auto& self, auto&& visit) {
    visit("amount", self.amount);
    visit("currency", self.currency);
  }
  bool operator==(const Money&) const = default;
};

// Microseconds since 1970-01-01T00:00:00Z. On the wire RFC 3339 in UTC, six decimals, with `Z`.
struct Timestamp {
  std::int64_t micros = 0;

  auto operator<=>(const Timestamp&) const = default;
};

std::string format(Timestamp time);
// Takes RFC 3339 in UTC with `Z` and 0 to 9 decimals (finer than a microsecond is cut off).
std::optional<Timestamp> parse_timestamp(std::string_view text);

// Personal data, as it may be kept: ciphertext that only the api can open. Empty means absent.
struct Sealed {
  std::string token;

  bool empty() const { return token.empty(); }
  bool operator==(const Sealed&) const = default;
};

struct ContactInfo {
  Sealed email;
  Sealed phone;

  static void fields(auto& self, auto&& visit) {
    visit("email", self.email);
    visit("phone", self.phone);
  }
  bool operator==(const ContactInfo&) const = default;
};

}  // namespace cassette::domain

template <class Tag>
struct std::hash<cassette::domain::Id<Tag>> {
  std::size_t operator()(const cassette::domain::Id<Tag>& id) const noexcept {
    return cassette::domain::hash_of_id(id.value);
  }
};
