// Jwk: OpenSSL's keys from JSON members and back. ECDSA signatures are r and s in a JWS, and DER in
// OpenSSL.
#include "api/identity/jwk.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <array>
#include <utility>
#include <vector>

#include "api/identity/encoding.h"
#include "domain/check.h"
#include "eventstore/json_read.h"

namespace cassette::api {
namespace {

constexpr std::size_t kFieldBytes = 32;  // of P-256 and Ed25519
constexpr int kLeastRsaBits = 2048;
constexpr std::string_view kGroup = "P-256";

struct BnFree {
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
};
struct BuilderFree {
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
};
struct ParamsFree {
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
};
struct PkeyContextFree {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
struct DigestContextFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct SignatureFree {
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
using Bn = std::unique_ptr<BIGNUM, BnFree>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, BuilderFree>;
using Params = std::unique_ptr<OSSL_PARAM, ParamsFree>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, PkeyContextFree>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, DigestContextFree>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, SignatureFree>;

// The members of a JWK that matter here.
struct Members {
  std::string kty, crv, x, y, n, e, kid, alg, use;

  static void fields(auto& self, auto&& visit) {
    visit("kty", self.kty);
    visit("crv", self.crv);
    visit("x", self.x);
    visit("y", self.y);
    visit("n", self.n);
    visit("e", self.e);
    visit("kid", self.kid);
    visit("alg", self.alg);
    visit("use", self.use);
  }
};

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

PkeyHandle made_of(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return PkeyHandle(key);
}

// The point must be on the curve.
PkeyHandle ec_key(const Members& jwk) {
  const auto x = from_base64url(jwk.x);
  const auto y = from_base64url(jwk.y);
  if (jwk.crv != kGroup || !x || !y || x->size() != kFieldBytes || y->size() != kFieldBytes) {
    return nullptr;
  }
  const std::string point = '\x04' + *x + *y;
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, kGroup.data(), 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  PkeyHandle key = made_of("EC", builder.get());
  const PkeyContext check(key ? EVP_PKEY_CTX_new(key.get(), nullptr) : nullptr);
  if (!check || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
  return key;
}

PkeyHandle ed25519_key(const Members& jwk) {
  const auto x = from_base64url(jwk.x);
  if (jwk.crv != "Ed25519" || !x || x->size() != kFieldBytes) return nullptr;
  return PkeyHandle(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(*x), x->size()));
}

PkeyHandle rsa_key(const Members& jwk) {
  const auto n = from_base64url(jwk.n);
  const auto e = from_base64url(jwk.e);
  if (!n || !e || n->empty() || e->empty()) return nullptr;
  const Bn modulus(BN_bin2bn(octets(*n), static_cast<int>(n->size()), nullptr));
  const Bn exponent(BN_bin2bn(octets(*e), static_cast<int>(e->size()), nullptr));
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  PkeyHandle key = made_of("RSA", builder.get());
  if (!key || EVP_PKEY_get_bits(key.get()) < kLeastRsaBits) return nullptr;
  return key;
}

std::optional<std::pair<JwsAlgorithm, PkeyHandle>> key_of(const Members& jwk) {
  if (jwk.kty == "EC") return std::pair(JwsAlgorithm::Es256, ec_key(jwk));
  if (jwk.kty == "OKP") return std::pair(JwsAlgorithm::EdDsa, ed25519_key(jwk));
  if (jwk.kty == "RSA") return std::pair(JwsAlgorithm::Rs256, rsa_key(jwk));
  return std::nullopt;
}

// A number of exactly kFieldBytes.
std::string padded(const BIGNUM* number) {
  std::string bytes(kFieldBytes, '\0');
  CHECK(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), kFieldBytes) ==
        static_cast<int>(kFieldBytes));
  return bytes;
}

std::string coordinate(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  CHECK(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  const Bn owned(number);
  return base64url(bytes_of(padded(number)));
}

std::optional<std::string> der_of_raw(std::string_view signature) {
  if (signature.size() != 2 * kFieldBytes) return std::nullopt;
  const EcdsaSignature pair(ECDSA_SIG_new());
  Bn r(BN_bin2bn(octets(signature), kFieldBytes, nullptr));
  Bn s(BN_bin2bn(octets(signature.substr(kFieldBytes)), kFieldBytes, nullptr));
  ECDSA_SIG_set0(pair.get(), r.release(), s.release());
  const int size = i2d_ECDSA_SIG(pair.get(), nullptr);
  if (size <= 0) return std::nullopt;
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* to = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(pair.get(), &to);
  return der;
}

std::string raw_of_der(std::string_view der) {
  const unsigned char* from = octets(der);
  const EcdsaSignature pair(d2i_ECDSA_SIG(nullptr, &from, static_cast<long>(der.size())));
  CHECK(pair != nullptr);
  return padded(ECDSA_SIG_get0_r(pair.get())) + padded(ECDSA_SIG_get0_s(pair.get()));
}

// EdDSA digests by itself.
const EVP_MD* digest_of(JwsAlgorithm algorithm) {
  return algorithm == JwsAlgorithm::EdDsa ? nullptr : EVP_sha256();
}

std::string thumbprint(std::string_view x, std::string_view y) {
  std::string canonical = R"({"crv":"P-256","kty":"EC","x":")";
  canonical.append(x).append(R"(","y":")").append(y).append("\"}");
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
  unsigned size = 0;
  CHECK(EVP_Digest(canonical.data(), canonical.size(), hash.data(), &size, EVP_sha256(), nullptr) ==
        1);
  return base64url({hash.data(), size});
}

}  // namespace

void PkeyFree::operator()(EVP_PKEY* key) const {
  EVP_PKEY_free(key);
}

std::string_view name_of(JwsAlgorithm algorithm) {
  switch (algorithm) {
    case JwsAlgorithm::Es256:
      return "ES256";
    case JwsAlgorithm::EdDsa:
      return "EdDSA";
    case JwsAlgorithm::Rs256:
      return "RS256";
  }
  CHECK(false);
}

// ---- PublicJwk

std::optional<PublicJwk> PublicJwk::parse(std::string_view json) {
  Members jwk;
  if (!eventstore::read_json(json, jwk)) return std::nullopt;
  auto key = key_of(jwk);
  if (!key || !key->second) return std::nullopt;
  if (!jwk.alg.empty() && jwk.alg != name_of(key->first)) return std::nullopt;
  if (!jwk.use.empty() && jwk.use != "sig") return std::nullopt;
  return PublicJwk(std::move(jwk.kid), key->first,
                   std::shared_ptr<EVP_PKEY>(key->second.release(), PkeyFree()));
}

bool PublicJwk::verify(std::string_view text, std::string_view signature) const {
  std::string der;
  if (algorithm_ == JwsAlgorithm::Es256) {
    auto converted = der_of_raw(signature);
    if (!converted) return false;
    der = *std::move(converted);
    signature = der;
  }
  const DigestContext context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, digest_of(algorithm_), nullptr, key_.get()) ==
             1 &&
         EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(text),
                          text.size()) == 1;
}

// ---- SigningKey

SigningKey::SigningKey(PkeyHandle key)
    : key_(key.release(), PkeyFree()), public_({}, JwsAlgorithm::Es256, key_) {
  const std::string x = coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X);
  const std::string y = coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y);
  public_.key_id_ = thumbprint(x, y);
  public_json_ = R"({"kty":"EC","crv":"P-256","x":")" + x + R"(","y":")" + y +
                 R"(","use":"sig","alg":"ES256","kid":")" + public_.key_id_ + "\"}";
}

SigningKey SigningKey::generate() {
  PkeyHandle key(EVP_EC_gen(kGroup.data()));
  CHECK(key != nullptr);
  return SigningKey(std::move(key));
}

std::optional<SigningKey> SigningKey::from_private_der(std::string_view der) {
  const unsigned char* from = octets(der);
  PkeyHandle key(d2i_AutoPrivateKey(nullptr, &from, static_cast<long>(der.size())));
  if (!key || EVP_PKEY_is_a(key.get(), "EC") != 1) return std::nullopt;
  std::array<char, 64> group;
  if (EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), nullptr) != 1 ||
      std::string_view(group.data()) != "prime256v1") {
    return std::nullopt;
  }
  return SigningKey(std::move(key));
}

std::string SigningKey::private_der() const {
  const std::unique_ptr<PKCS8_PRIV_KEY_INFO, decltype(&PKCS8_PRIV_KEY_INFO_free)> info(
      EVP_PKEY2PKCS8(key_.get()), &PKCS8_PRIV_KEY_INFO_free);
  CHECK(info != nullptr);
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
  CHECK(size > 0);
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* to = reinterpret_cast<unsigned char*>(der.data());
  i2d_PKCS8_PRIV_KEY_INFO(info.get(), &to);
  return der;
}

std::string SigningKey::sign(std::string_view text) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::array<unsigned char, 128> der;
  std::size_t size = der.size();
  CHECK(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
  CHECK(EVP_DigestSign(context.get(), der.data(), &size, octets(text), text.size()) == 1);
  return raw_of_der({reinterpret_cast<const char*>(der.data()), size});
}

}  // namespace cassette::api
