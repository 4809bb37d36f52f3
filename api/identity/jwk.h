// Jwk: public keys as JSON, and signatures by the one algorithm that a key is bound to.
// Sources: RFC 7517 (JWK), 7518 (ES256, RS256), 8037 (EdDSA), 7638 (thumbprint). Cryptography is
// OpenSSL's. It refuses symmetric keys, `none`, and every algorithm but the key's own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

using EVP_PKEY = struct evp_pkey_st;

namespace cassette::api {

enum class JwsAlgorithm { Es256, EdDsa, Rs256 };

std::string_view name_of(JwsAlgorithm algorithm);

struct PkeyFree {
  void operator()(EVP_PKEY* key) const;
};
using PkeyHandle = std::unique_ptr<EVP_PKEY, PkeyFree>;

// A key that others sign with. Thread-safe.
class PublicJwk {
 public:
  // One member of a JWK set. Nothing when it is no signature key of the three kinds, is weaker than
  // 2,048 bits of RSA, or names another `alg` or `use` than its kind has.
  static std::optional<PublicJwk> parse(std::string_view json);

  const std::string& key_id() const { return key_id_; }  // empty when it has none
  JwsAlgorithm algorithm() const { return algorithm_; }

  // Whether `signature`, as a JWS carries it, is this key's of `text`.
  bool verify(std::string_view text, std::string_view signature) const;

 private:
  friend class SigningKey;
  PublicJwk(std::string key_id, JwsAlgorithm algorithm, std::shared_ptr<EVP_PKEY> key)
      : key_id_(std::move(key_id)), algorithm_(algorithm), key_(std::move(key)) {}

  std::string key_id_;
  JwsAlgorithm algorithm_;
  std::shared_ptr<EVP_PKEY> key_;
};

// An ES256 key of ours. Its id is its thumbprint. Thread-safe.
class SigningKey {
 public:
  static SigningKey generate();
  // What `private_der` gave; nothing when it is something else.
  static std::optional<SigningKey> from_private_der(std::string_view der);

  const std::string& key_id() const { return public_.key_id(); }
  const PublicJwk& public_key() const { return public_; }
  // {"kty":"EC","crv":"P-256",…,"use":"sig","alg":"ES256","kid":"…"}
  const std::string& public_json() const { return public_json_; }
  // PKCS #8, to be kept encrypted.
  std::string private_der() const;

  // The JWS signature of `text`: r and s, 32 bytes each.
  std::string sign(std::string_view text) const;

 private:
  explicit SigningKey(PkeyHandle key);

  std::shared_ptr<EVP_PKEY> key_;
  std::string public_json_;
  PublicJwk public_;
};

}  // namespace cassette::api
