// A token is a version, the fingerprint of the query's filters, and a place.
#include "projections/list_token.h"

#include "domain/values.h"
#include "projections/index_keys.h"

namespace cassette::projections {
namespace {

constexpr char kTokenVersion = '1';
constexpr std::size_t kFingerprintBytes = 8;
constexpr std::size_t kHeadBytes = 1 + kFingerprintBytes;
constexpr std::size_t kMaxKeyBytes = 2 * domain::kMaxIdLength + 1;

// FNV-1a over length-prefixed texts: only tells queries apart, and keeps no secret.
class Fingerprint {
 public:
  void text(std::string_view text) {
    number(text.size());
    for (const char c : text) byte(static_cast<unsigned char>(c));
  }
  void number(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) byte(value >> shift & 0xff);
  }
  template <class T>
  void id(const std::optional<T>& id) {
    number(id ? 1 : 0);
    if (id) text(id->value);
  }
  void time(const std::optional<domain::Timestamp>& time) {
    number(time ? 1 : 0);
    if (time) number(static_cast<std::uint64_t>(time->micros));
  }
  void flag(const std::optional<bool>& flag) { number(flag ? (*flag ? 2 : 1) : 0); }

  std::string bytes() const {
    std::string out;
    for (int shift = 56; shift >= 0; shift -= 8) {
      out.push_back(static_cast<char>(state_ >> shift & 0xff));
    }
    return out;
  }

 private:
  void byte(std::uint64_t value) { state_ = (state_ ^ value) * 0x100000001b3; }

  std::uint64_t state_ = 0xcbf29ce484222325;
};

// Of all filters; the limit may change from page to page.
std::string fingerprint(const ListQuery& query) {
  Fingerprint print;
  print.number(static_cast<std::uint64_t>(query.list));
  print.id(query.vendor_id);
  print.id(query.product_id);
  print.id(query.order_id);
  print.id(query.customer_id);
  print.number(query.statuses.size());
  for (const domain::OrderStatus status : query.statuses) {
    print.number(static_cast<std::uint64_t>(status));
  }
  print.time(query.updated_after);
  print.time(query.created_from);
  print.time(query.created_to);
  print.text(query.text);
  print.text(query.category);
  print.text(query.sku);
  print.number(query.specifications.size());
  for (const auto& [name, value] : query.specifications) {
    print.text(name);
    print.text(value);
  }
  print.flag(query.in_stock);
  print.flag(query.below_reorder_point);
  print.flag(query.include_delisted);
  print.text(query.event_type);
  print.text(query.by);
  return print.bytes();
}

bool key_shaped(std::string_view key) {
  if (key.size() > kMaxKeyBytes) return false;
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return domain::valid_id(key);
  return domain::valid_id(key.substr(0, slash)) && domain::valid_id(key.substr(slash + 1));
}

bool place_shaped(const ListQuery& query, std::string_view place) {
  if (query.list == ListQuery::List::Timeline) {
    return place.size() == kTimelinePlaceBytes;
  }
  return place.size() > kTimeBytes && key_shaped(key_of(place));
}

}  // namespace

std::string list_token(const ListQuery& query, std::string_view place) {
  if (place.empty()) return "";
  std::string token(1, kTokenVersion);
  return token.append(fingerprint(query)).append(place);
}

std::optional<std::string> place_of(const ListQuery& query, std::string_view token) {
  if (token.size() <= kHeadBytes || token[0] != kTokenVersion) return std::nullopt;
  if (token.substr(1, kFingerprintBytes) != fingerprint(query)) return std::nullopt;
  const std::string_view place = token.substr(kHeadBytes);
  if (!place_shaped(query, place)) return std::nullopt;
  return std::string(place);
}

}  // namespace cassette::projections
