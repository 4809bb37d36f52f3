// Passwords: libsodium's argon2id behind a bounded queue.
#include "api/identity/passwords.h"

#include <sodium.h>

#include <array>

#include "domain/check.h"

namespace cassette::api {

class PasswordHasher::Turn {
 public:
  explicit Turn(PasswordHasher& pool) : pool_(pool) {
    std::unique_lock lock(pool_.mutex_);
    if (pool_.hashing_ >= pool_.options_.at_once) {
      if (pool_.waiting_ >= pool_.options_.waiting) return;
      ++pool_.waiting_;
      pool_.free_.wait(lock, [this] { return pool_.hashing_ < pool_.options_.at_once; });
      --pool_.waiting_;
    }
    ++pool_.hashing_;
    taken_ = true;
  }
  ~Turn() {
    if (!taken_) return;
    {
      const std::lock_guard lock(pool_.mutex_);
      --pool_.hashing_;
    }
    pool_.free_.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  explicit operator bool() const { return taken_; }

 private:
  PasswordHasher& pool_;
  bool taken_ = false;
};

std::optional<std::string> PasswordHasher::hash(std::string_view password) {
  const Turn turn(*this);
  if (!turn) return std::nullopt;
  std::array<char, crypto_pwhash_STRBYTES> text{};
  CHECK(crypto_pwhash_str(text.data(), password.data(), password.size(), options_.cost.passes,
                          options_.cost.memory_bytes) == 0);  // fails for want of memory only
  return std::string(text.data());
}

std::optional<bool> PasswordHasher::matches(std::string_view password, const std::string& kept) {
  if (kept.empty() || password.size() > kMaxPasswordBytes) {
    if (!hash(password.substr(0, kMaxPasswordBytes))) return std::nullopt;
    return false;
  }
  const Turn turn(*this);
  if (!turn) return std::nullopt;
  return crypto_pwhash_str_verify(kept.c_str(), password.data(), password.size()) == 0;
}

}  // namespace cassette::api
