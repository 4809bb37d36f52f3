// Sha256: the digest (FIPS 180-4) of what comes piece by piece, such as a file that is too large to
// be held. A commit's own hash is codec.h's.
#pragma once

#include <memory>
#include <string_view>

#include "eventstore/commit.h"

struct evp_md_ctx_st;

namespace cassette::eventstore {

// Not thread-safe. Fails never.
class Sha256 {
 public:
  Sha256();

  void update(std::string_view bytes);
  // Of all that came. Then it begins anew.
  Hash finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace cassette::eventstore
