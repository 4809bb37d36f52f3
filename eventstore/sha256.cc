// Sha256: over OpenSSL's, which is fetched once a process.
#include "eventstore/sha256.h"

#include <openssl/evp.h>

#include "domain/check.h"

namespace cassette::eventstore {
namespace {

const EVP_MD* algorithm() {
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return sha256;
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  CHECK(context_ != nullptr);
  CHECK(EVP_DigestInit_ex2(context_.get(), algorithm(), nullptr) == 1);
}

void Sha256::update(std::string_view bytes) {
  CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

Hash Sha256::finish() {
  Hash hash;
  unsigned length = 0;
  CHECK(EVP_DigestFinal_ex(context_.get(), hash.data(), &length) == 1 && length == hash.size());
  CHECK(EVP_DigestInit_ex2(context_.get(), algorithm(), nullptr) == 1);
  return hash;
}

}  // namespace cassette::eventstore
