// Request types: what the members of a request may be, as types that carry their own bounds, so
// that a request struct says all that its parser checks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/order.h"
#include "domain/values.h"

namespace cassette::api {

// Bytes of UTF-8. Names stand in lists; descriptions may be long; a code is a word.
inline constexpr std::size_t kMaxNameBytes = 200;
inline constexpr std::size_t kMaxDescriptionBytes = 10'000;
inline constexpr std::size_t kMaxCodeBytes = 128;
inline constexpr std::size_t kMaxReasonBytes = 1'000;
inline constexpr std::size_t kMaxUrlBytes = 2'000;
inline constexpr std::size_t kMaxAddresses = 50;
inline constexpr std::size_t kMaxImages = 50;
inline constexpr std::size_t kMaxSpecifications = 100;
inline constexpr std::size_t kMaxWarehouseLocations = domain::kMaxWarehouses;
// Every double holds integers up to this one exactly, so every JSON reader agrees on them.
inline constexpr std::int64_t kMaxExactInteger = 9'007'199'254'740'992;

// A whole number from Min to Max.
template <std::int64_t Min, std::int64_t Max>
struct Integer {
  std::int64_t value = Min;
};

using Units = Integer<1, domain::kMaxQuantity>;
using Count = Integer<0, domain::kMaxQuantity>;
using Delta = Integer<-domain::kMaxQuantity, domain::kMaxQuantity>;
using Amount = Integer<-domain::kMaxAmount, domain::kMaxAmount>;
using PriceAmount = Integer<0, domain::kMaxAmount>;
using Seconds = Integer<1, domain::kMaxReservationSeconds>;

// What a text may hold besides what can be seen: nothing, since it stands in one line with others;
// or ends of lines and tabs.
enum class Layout { Line, Lines };

// Text of Min to Max bytes.
template <std::size_t Min, std::size_t Max, Layout L = Layout::Lines>
struct Text {
  std::string value;
};

using Name = Text<1, kMaxNameBytes, Layout::Line>;
using OptionalName = Text<0, kMaxNameBytes, Layout::Line>;
using Code = Text<1, kMaxCodeBytes, Layout::Line>;
using OptionalCode = Text<0, kMaxCodeBytes, Layout::Line>;
using Url = Text<1, kMaxUrlBytes, Layout::Line>;
using Reason = Text<0, kMaxReasonBytes>;

// Min to Max values.
template <class T, std::size_t Min, std::size_t Max>
struct Items {
  std::vector<T> values;
};

// A moment that is not in the future.
struct PastTime {
  domain::Timestamp value;
};

// A member of a merge patch (RFC 7396).
template <class T>
struct Patch {
  enum class Kind { Absent, Null, Value };
  Kind kind = Kind::Absent;
  T value{};

  bool absent() const { return kind == Kind::Absent; }
  bool null() const { return kind == Kind::Null; }
  bool given() const { return kind == Kind::Value; }
};

// Two capital letters, ISO 3166-1 alpha-2.
struct CountryCode {
  std::string value;
};

// An address, sealed whole as the JSON that it was given as.
struct Address {
  std::optional<OptionalName> name;
  Name line1;
  std::optional<OptionalName> line2;
  Name city;
  std::optional<OptionalName> region;
  std::optional<OptionalName> postal_code;
  CountryCode country_code;
  std::optional<OptionalName> phone;

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("line1", self.line1);
    visit("line2", self.line2);
    visit("city", self.city);
    visit("region", self.region);
    visit("postalCode", self.postal_code);
    visit("countryCode", self.country_code);
    visit("phone", self.phone);
  }
  // In the order above, whatever order it was given in.
  std::string json() const;
};

struct ContactRequest {
  std::optional<OptionalName> email;
  std::optional<OptionalName> phone;

  static void fields(auto& self, auto&& visit) {
    visit("email", self.email);
    visit("phone", self.phone);
  }
};

struct ContactPatch {
  Patch<OptionalName> email;
  Patch<OptionalName> phone;

  static void fields(auto& self, auto&& visit) {
    visit("email", self.email);
    visit("phone", self.phone);
  }
};

// Names (without `$`: stored documents mark sealed fields by it) to texts.
struct Specifications {
  std::map<std::string, std::string> values;
};

struct PriceRequest {
  PriceAmount amount;
  domain::Currency currency;

  static void fields(auto& self, auto&& visit) {
    visit("amount", self.amount);
    visit("currency", self.currency);
  }
  domain::Money money() const { return {amount.value, currency}; }
};

struct LineRequest {
  domain::LineId line_id;
  Units quantity;

  static void fields(auto& self, auto&& visit) {
    visit("lineId", self.line_id);
    visit("quantity", self.quantity);
  }
};

using LineRequests = Items<LineRequest, 1, domain::kMaxOrderLines>;

std::vector<domain::LineQuantity> to_lines(const std::optional<LineRequests>& lines);

inline domain::Money to_money(const PriceRequest& price) {
  return price.money();
}

}  // namespace cassette::api
