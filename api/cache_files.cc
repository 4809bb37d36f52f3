// Cache files: named by MD5, which here is a name and keeps no secret.
#include "api/cache_files.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "domain/check.h"

namespace cassette::api {
namespace {

namespace fs = std::filesystem;

using eventstore::Done;
using eventstore::Stored;

constexpr std::size_t kMd5Bytes = 16;

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

std::string md5_of(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const int done = EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr);
  CHECK(done == 1 && size == kMd5Bytes);
  std::string hex;
  for (std::size_t i = 0; i < kMd5Bytes; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

// Keeps the first failure.
void remove(const fs::path& file, Stored<Done>& outcome) {
  std::error_code error;
  fs::remove(file, error);  // of what is not there: no error
  if (!error || !outcome) return;
  outcome = Failure{eventstore::StoreError{eventstore::StoreError::Kind::Unavailable,
                                           "removing " + file.string() + ": " + error.message()}};
}

}  // namespace

fs::path cache_file(const fs::path& folder, std::string_view key) {
  const std::string name = md5_of(key);
  return folder / name.substr(name.size() - 1) / name.substr(name.size() - 3, 2) / name;
}

Stored<Done> CacheFiles::purge(std::span<const std::string> paths) {
  Stored<Done> outcome = Done{};
  for (const std::string& path : paths) remove(cache_file(folder_, path), outcome);
  return outcome;
}

Stored<Done> CacheFiles::purge_all() {
  Stored<Done> outcome = Done{};
  std::error_code ended;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto each = fs::recursive_directory_iterator(folder_, options, ended);
       !ended && each != fs::recursive_directory_iterator(); each.increment(ended)) {
    const std::string name = each->path().filename().string();
    const auto depth = static_cast<std::size_t>(each.depth());
    std::error_code ignored;
    if (depth < 2 && !is_hex(name, depth + 1)) each.disable_recursion_pending();
    if (depth == 2 && is_hex(name, 2 * kMd5Bytes) && each->is_regular_file(ignored)) {
      remove(each->path(), outcome);
    }
    if (depth == 2) each.disable_recursion_pending();
  }
  return outcome;
}

}  // namespace cassette::api
