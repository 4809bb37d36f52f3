// Jwt: the signature first, then what it signs.
#include "api/identity/jwt.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <vector>

#include "api/identity/encoding.h"
#include "domain/check.h"
#include "eventstore/json_write.h"

namespace cassette::api {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

struct Parts {
  std::string_view signed_text;  // header and payload, as sent
  std::string header;
  std::string payload;
  std::string signature;
};

// Three parts of base64url without padding, none of them empty.
std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  auto header = from_base64url(token.substr(0, first));
  auto payload = from_base64url(token.substr(first + 1, second - first - 1));
  auto signature = from_base64url(token.substr(second + 1));
  if (!header || !payload || !signature || signature->empty()) return std::nullopt;
  return Parts{token.substr(0, second), *std::move(header), *std::move(payload),
               *std::move(signature)};
}

// A member that stands twice could be read in two ways.
bool has_unique_members(const object& json) {
  std::vector<std::string_view> names;
  for (const auto& field : json) names.push_back(field.key);
  std::ranges::sort(names);
  return std::ranges::adjacent_find(names) == names.end();
}

std::optional<object> parse_object(simdjson::dom::parser& parser, const std::string& text) {
  object json;
  if (parser.parse(text).get(json) != simdjson::SUCCESS || !has_unique_members(json)) {
    return std::nullopt;
  }
  return json;
}

std::string_view text_at(const object& json, std::string_view name) {
  std::string_view text;
  return json.at_key(name).get(text) == simdjson::SUCCESS ? text : std::string_view();
}

bool same_type(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<JwtFault> fault_of_header(const object& header, const JwtRules& rules,
                                        const PublicJwk*& key) {
  key = rules.key(text_at(header, "kid"));
  if (key == nullptr) return JwtFault::UnknownKey;
  if (text_at(header, "alg") != name_of(key->algorithm())) return JwtFault::WrongAlgorithm;
  if (header.at_key("crit").error() == simdjson::SUCCESS) return JwtFault::WrongAlgorithm;
  if (!rules.type.empty() && !same_type(text_at(header, "typ"), rules.type)) {
    return JwtFault::WrongType;
  }
  return std::nullopt;
}

// Seconds, a fraction cut off; nothing when it is absent or no time.
std::optional<std::int64_t> seconds_at(const object& claims, std::string_view name) {
  double seconds = 0;
  constexpr double kMost = 1e12;
  if (claims.at_key(name).get(seconds) != simdjson::SUCCESS) return std::nullopt;
  if (!(seconds >= 0 && seconds < kMost)) return std::nullopt;
  return static_cast<std::int64_t>(seconds);
}

bool is_for(const object& claims, std::string_view audience) {
  if (text_at(claims, "aud") == audience) return true;
  simdjson::dom::array all;
  if (claims.at_key("aud").get(all) != simdjson::SUCCESS) return false;
  return std::ranges::any_of(all, [&](const element& each) {
    std::string_view one;
    return each.get(one) == simdjson::SUCCESS && one == audience;
  });
}

std::optional<JwtFault> fault_of_claims(const object& claims, const JwtRules& rules) {
  if (text_at(claims, "iss") != rules.issuer) return JwtFault::WrongIssuer;
  if (!is_for(claims, rules.audience)) return JwtFault::WrongAudience;
  const std::int64_t now = rules.now.micros / kMicrosPerSecond;
  const auto expires = seconds_at(claims, "exp");
  if (!expires || now >= *expires + kClockSkew.count()) return JwtFault::Expired;
  for (const std::string_view name : {"nbf", "iat"}) {
    if (claims.at_key(name).error() == simdjson::NO_SUCH_FIELD) continue;
    const auto from = seconds_at(claims, name);
    if (!from || now + kClockSkew.count() < *from) return JwtFault::NotYetValid;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(JwtFault fault) {
  constexpr std::array<std::string_view, 9> kNames{
      "malformed",    "unknown key",    "wrong algorithm", "wrong type",   "bad signature",
      "wrong issuer", "wrong audience", "expired",         "not yet valid"};
  return kNames[static_cast<std::size_t>(fault)];
}

std::string sign_jwt(std::string_view type, std::string_view claims, const SigningKey& key) {
  std::string header = R"({"typ":")";
  header.append(type).append(R"(","alg":"ES256","kid":")").append(key.key_id()).append("\"}");
  std::string token = base64url(bytes_of(header)) + '.' + base64url(bytes_of(claims));
  const std::string signature = key.sign(token);
  return token.append(1, '.').append(base64url(bytes_of(signature)));
}

Result<std::string, JwtFault> check_jwt(std::string_view token, const JwtRules& rules) {
  if (token.size() > kMaxTokenBytes) return Failure{JwtFault::Malformed};
  auto parts = split(token);
  if (!parts) return Failure{JwtFault::Malformed};
  simdjson::dom::parser header_parser;
  const auto header = parse_object(header_parser, parts->header);
  if (!header) return Failure{JwtFault::Malformed};
  const PublicJwk* key = nullptr;
  if (const auto fault = fault_of_header(*header, rules, key)) return Failure{*fault};
  if (!key->verify(parts->signed_text, parts->signature)) return Failure{JwtFault::BadSignature};
  simdjson::dom::parser payload_parser;
  const auto claims = parse_object(payload_parser, parts->payload);
  if (!claims) return Failure{JwtFault::Malformed};
  if (const auto fault = fault_of_claims(*claims, rules)) return Failure{*fault};
  return std::move(parts->payload);
}

}  // namespace cassette::api
