// Tokens: what we sign is believed, and nothing that was made to look like it.
#include "api/identity/jwt.h"

#include <doctest/doctest.h>
#include <sodium.h>

#include "api/identity/encoding.h"

namespace cassette::api {
namespace {

constexpr std::string_view kIssuer = "http://127.0.0.1:8080";
constexpr std::string_view kAudience = "cassette";
constexpr std::int64_t kNow = 1'800'000'000;  // seconds

std::string claims(const std::string& more = "") {
  return R"({"iss":"http://127.0.0.1:8080","aud":"cassette","sub":"vendor:1580","exp":1800000600,)"
         R"("iat":1800000000)" +
         more + "}";
}

struct Desk {
  SigningKey key = SigningKey::generate();
  JwtRules rules{
      kAccessTokenType, kIssuer, kAudience, {kNow * 1'000'000}, [this](std::string_view id) {
        return id == key.key_id() ? &key.public_key() : nullptr;
      }};

  std::string good() const { return sign_jwt(kAccessTokenType, claims(), key); }
  std::string token(const std::string& payload) const {
    return sign_jwt(kAccessTokenType, payload, key);
  }
  // Signed by the right key under a header of the attacker's.
  std::string headed(const std::string& header) const {
    const std::string text = base64url(bytes_of(header)) + '.' + base64url(bytes_of(claims()));
    return text + '.' + base64url(bytes_of(key.sign(text)));
  }
  std::string header(const std::string& algorithm, const std::string& more = "") const {
    return R"({"typ":"at+jwt","alg":")" + algorithm + R"(","kid":")" + key.key_id() + '"' + more +
           '}';
  }
  std::optional<JwtFault> fault(const std::string& token) const {
    const auto checked = check_jwt(token, rules);
    if (checked.ok()) return std::nullopt;
    return checked.error();
  }
};

}  // namespace

TEST_CASE("a token of ours is believed, and gives its claims back") {
  const Desk desk;
  const auto checked = check_jwt(desk.good(), desk.rules);
  REQUIRE(checked.ok());
  CHECK(checked.value() == claims());
  const auto again = SigningKey::from_private_der(desk.key.private_der());
  REQUIRE(again);
  CHECK(again->key_id() == desk.key.key_id());
  CHECK(again->public_json() == desk.key.public_json());
  CHECK_FALSE(desk.fault(sign_jwt(kAccessTokenType, claims(), *again)));
}

TEST_CASE("a published key checks what its owner signs") {
  Desk desk;
  const auto published = PublicJwk::parse(desk.key.public_json());
  REQUIRE(published);
  CHECK(published->key_id() == desk.key.key_id());
  desk.rules.key = [&](std::string_view) { return &*published; };
  CHECK_FALSE(desk.fault(desk.good()));
}

TEST_CASE("a token without a signature, or of another algorithm, is refused") {
  const Desk desk;
  const std::string body = base64url(bytes_of(claims()));
  CHECK(desk.fault(base64url(bytes_of(desk.header("none"))) + '.' + body + '.') ==
        JwtFault::Malformed);
  CHECK(desk.fault(base64url(bytes_of(desk.header("none"))) + '.' + body + ".AA") ==
        JwtFault::WrongAlgorithm);
  for (const char* algorithm : {"none", "NONE", "HS256", "RS256", "EdDSA", "es256", ""}) {
    CAPTURE(algorithm);
    CHECK(desk.fault(desk.headed(desk.header(algorithm))) == JwtFault::WrongAlgorithm);
  }
}

// The public key is known to all: as the secret of an HMAC it must sign nothing.
TEST_CASE("the public key is no secret to sign with") {
  const Desk desk;
  const std::string text =
      base64url(bytes_of(desk.header("HS256"))) + '.' + base64url(bytes_of(claims()));
  const std::string& secret = desk.key.public_json();
  std::array<std::uint8_t, crypto_auth_hmacsha256_BYTES> tag;
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes_of(secret).data(), secret.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(text).data(), text.size());
  crypto_auth_hmacsha256_final(&state, tag.data());
  CHECK(desk.fault(text + '.' + base64url(tag)) == JwtFault::WrongAlgorithm);
  CHECK_FALSE(PublicJwk::parse(R"({"kty":"oct","k":"c2VjcmV0","kid":"x","alg":"HS256"})"));
}

TEST_CASE("a signature that was cut, changed or another's is refused") {
  const Desk desk;
  const std::string good = desk.good();
  const std::size_t dot = good.rfind('.');
  CHECK(desk.fault(good.substr(0, good.size() - 2)) == JwtFault::BadSignature);
  CHECK(desk.fault(good + "AAAA") == JwtFault::BadSignature);
  CHECK(desk.fault(good.substr(0, dot + 1)) == JwtFault::Malformed);
  CHECK(desk.fault(good.substr(0, dot)) == JwtFault::Malformed);
  std::string changed = good;
  changed[dot + 10] = changed[dot + 10] == 'A' ? 'B' : 'A';
  CHECK(desk.fault(changed) == JwtFault::BadSignature);
  // r and s of zero satisfied verifiers that did not look (CVE-2022-21449).
  CHECK(desk.fault(good.substr(0, dot + 1) + std::string(86, 'A')) == JwtFault::BadSignature);
  const Desk other;
  const std::string foreign = other.good();
  CHECK(desk.fault(good.substr(0, dot) + foreign.substr(foreign.rfind('.'))) ==
        JwtFault::BadSignature);
}

TEST_CASE("a key id that is none of ours names no key") {
  const Desk desk;
  const std::string rest = base64url(bytes_of(claims())) + ".AAAA";
  for (const char* id : {"", "other", "../../etc/passwd", "x' OR '1'='1", "http://evil/jwks"}) {
    CAPTURE(id);
    const std::string header = R"({"typ":"at+jwt","alg":"ES256","kid":")" + std::string(id) + "\"}";
    CHECK(desk.fault(base64url(bytes_of(header)) + '.' + rest) == JwtFault::UnknownKey);
  }
  // A key in the header is not looked at.
  const Desk other;
  const std::string more = R"(,"jwk":)" + other.key.public_json();
  const std::string text =
      base64url(bytes_of(desk.header("ES256", more))) + '.' + base64url(bytes_of(claims()));
  CHECK(desk.fault(text + '.' + base64url(bytes_of(other.key.sign(text)))) ==
        JwtFault::BadSignature);
}

TEST_CASE("a token of another type, with critical or repeated members, is refused") {
  const Desk desk;
  CHECK(desk.fault(sign_jwt(kIdTokenType, claims(), desk.key)) == JwtFault::WrongType);
  CHECK(desk.fault(desk.headed(desk.header("ES256", R"(,"crit":["b64"],"b64":false)"))) ==
        JwtFault::WrongAlgorithm);
  CHECK(desk.fault(desk.headed(desk.header("none", R"(,"alg":"ES256")"))) == JwtFault::Malformed);
  CHECK(desk.fault(desk.token(claims(R"(,"exp":1900000000)"))) == JwtFault::Malformed);
  CHECK(desk.fault(desk.token("[]")) == JwtFault::Malformed);
  CHECK(desk.fault("") == JwtFault::Malformed);
  CHECK(desk.fault("..") == JwtFault::Malformed);
  CHECK(desk.fault(std::string(kMaxTokenBytes + 1, 'A')) == JwtFault::Malformed);
  CHECK(desk.fault(desk.good() + "\n") == JwtFault::Malformed);
}

TEST_CASE("a token is for one issuer, one audience and a time") {
  Desk desk;
  const auto with = [&](const std::string& text) { return desk.fault(desk.token(text)); };
  CHECK(with(R"({"iss":"http://evil","aud":"cassette","exp":1800000600})") ==
        JwtFault::WrongIssuer);
  CHECK(with(R"({"iss":"http://127.0.0.1:8080","aud":"other","exp":1800000600})") ==
        JwtFault::WrongAudience);
  CHECK(with(R"({"iss":"http://127.0.0.1:8080","exp":1800000600})") == JwtFault::WrongAudience);
  CHECK_FALSE(with(R"({"iss":"http://127.0.0.1:8080","aud":["a","cassette"],"exp":1800000600})"));
  CHECK(with(R"({"iss":"http://127.0.0.1:8080","aud":"cassette"})") == JwtFault::Expired);
  CHECK(with(R"({"iss":"http://127.0.0.1:8080","aud":"cassette","exp":"1800000600"})") ==
        JwtFault::Expired);
  CHECK(with(claims(R"(,"nbf":1800000031)")) == JwtFault::NotYetValid);
  CHECK_FALSE(with(claims(R"(,"nbf":1800000030)")));
  desk.rules.now = {(kNow + 600 + 30) * 1'000'000};
  CHECK(desk.fault(desk.good()) == JwtFault::Expired);
  desk.rules.now = {(kNow + 600 + 29) * 1'000'000};
  CHECK_FALSE(desk.fault(desk.good()));
}

// RFC 8037, appendix A.4, and RFC 7515, appendix A.3.
TEST_CASE("signatures of the standards' examples hold") {
  const auto ed25519 = PublicJwk::parse(
      R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
  REQUIRE(ed25519);
  CHECK(ed25519->algorithm() == JwsAlgorithm::EdDsa);
  const std::string text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  const auto signature = from_base64url(
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
  REQUIRE(signature);
  CHECK(ed25519->verify(text, *signature));
  CHECK_FALSE(ed25519->verify(text + "x", *signature));

  const auto es256 = PublicJwk::parse(
      R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
      R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
  REQUIRE(es256);
  const auto ecdsa = from_base64url(
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  CHECK(es256->verify(
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
      "LmNvbS9pc19yb290Ijp0cnVlfQ",
      ecdsa.value()));
}

TEST_CASE("keys that are weak, off their curve or of another use are refused") {
  const std::string off_curve =
      R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
      R"("y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"})";
  CHECK_FALSE(PublicJwk::parse(off_curve));
  CHECK_FALSE(PublicJwk::parse(R"({"kty":"RSA","n":"AQAB","e":"AQAB"})"));
  CHECK_FALSE(PublicJwk::parse(R"({"kty":"RSA","n":"","e":""})"));
  std::string encryption = SigningKey::generate().public_json();
  encryption.replace(encryption.find("\"sig\""), 5, "\"enc\"");
  CHECK_FALSE(PublicJwk::parse(encryption));
  std::string confused = SigningKey::generate().public_json();
  confused.replace(confused.find("ES256"), 5, "RS256");
  CHECK_FALSE(PublicJwk::parse(confused));
  CHECK_FALSE(PublicJwk::parse("{}"));
  CHECK_FALSE(PublicJwk::parse(""));
  CHECK_FALSE(SigningKey::from_private_der("nonsense"));
}

}  // namespace cassette::api
