// A JWT is base64url(header) "." base64url(claims) "." base64url(signature of all before), RFC
// 7515. Its id is a hash of the claims without it, as nats-io/jwt makes them unique.
#include "eventstore/nats_jwt.h"

#include <fmt/format.h>
#include <sodium.h>

#include <array>

#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::eventstore {
namespace {

constexpr std::string_view kHeader = R"({"typ":"JWT","alg":"ed25519-nkey"})";
constexpr int kBase64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

template <class Nats>
struct Claims {
  std::string jti{};
  std::int64_t iat = 0;
  std::string iss{};
  std::string name{};
  std::string sub{};
  std::optional<std::int64_t> exp{};
  Nats nats{};

  static void fields(auto& self, auto&& visit) {
    visit("jti", self.jti);
    visit("iat", self.iat);
    visit("iss", self.iss);
    visit("name", self.name);
    visit("sub", self.sub);
    visit("exp", self.exp);
    visit("nats", self.nats);
  }
};

std::string base64url(const unsigned char* bytes, std::size_t size) {
  std::string text(sodium_base64_ENCODED_LEN(size, kBase64), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes, size, kBase64);
  text.pop_back();  // the terminator
  return text;
}

std::string base64url(std::string_view text) {
  return base64url(reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  const int status = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                       text.data(), text.size(), nullptr, &size, &end, kBase64);
  if (status != 0 || end != text.data() + text.size()) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

std::string hash_of(std::string_view text) {
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  return base32(hash);
}

template <class Nats>
std::string signed_jwt(const Nkey& issuer, const NatsIdentity& identity, const Nats& nats) {
  Claims<Nats> claims;
  claims.iat = identity.issued_at;
  claims.iss = issuer.public_key();
  claims.name = identity.name;
  claims.sub = identity.subject;
  if (identity.expires_at != 0) claims.exp = identity.expires_at;
  claims.nats = nats;
  claims.jti = hash_of(to_json(claims));
  const std::string body = base64url(kHeader) + "." + base64url(to_json(claims));
  const NkeySignature signature = issuer.sign(body);
  return body + "." + base64url(signature.data(), signature.size());
}

}  // namespace

std::string nats_jwt(const Nkey& issuer, const NatsIdentity& identity,
                     const NatsOperatorClaims& claims) {
  return signed_jwt(issuer, identity, claims);
}

std::string nats_jwt(const Nkey& issuer, const NatsIdentity& identity, const NatsAccount& claims) {
  return signed_jwt(issuer, identity, claims);
}

std::string nats_jwt(const Nkey& issuer, const NatsIdentity& identity, const NatsUser& claims) {
  return signed_jwt(issuer, identity, claims);
}

std::optional<NatsAccountRecord> read_account_jwt(std::string_view jwt) {
  const std::size_t first = jwt.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = jwt.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto json = from_base64url(jwt.substr(first + 1, second - first - 1));
  Claims<NatsAccount> claims;
  if (!json || !read_json(*json, claims) || claims.nats.type != "account") return std::nullopt;
  if (claims.sub.empty()) return std::nullopt;  // the type is a default
  return NatsAccountRecord{claims.iat, std::move(claims.nats.revocations)};
}

std::string nats_creds(std::string_view user_jwt, const Nkey& user) {
  return fmt::format(
      "-----BEGIN NATS USER JWT-----\n"
      "{}\n"
      "------END NATS USER JWT------\n"
      "\n"
      "-----BEGIN USER NKEY SEED-----\n"
      "{}\n"
      "------END USER NKEY SEED------\n",
      user_jwt, user.seed());
}

}  // namespace cassette::eventstore
