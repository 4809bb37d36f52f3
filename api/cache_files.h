// CacheFiles: the files of an nginx cache on this machine, found by the paths that they answer and
// removed. nginx takes a file that is gone for an answer that it never had. It reads no file.
#pragma once

#include <filesystem>
#include <string_view>

#include "api/cache_sink.h"

namespace cassette::api {

// Where nginx keeps what it answers under `key`, below the folder of a `proxy_cache_path` with
// `levels=1:2`: of the key's MD5 in hexadecimal the last digit, the two before it, and the whole.
// https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cache_path
std::filesystem::path cache_file(const std::filesystem::path& folder, std::string_view key);

class CacheFiles : public CacheSink {
 public:
  // `folder` need not be there yet. The cache's key is the path alone (`proxy_cache_key
  // $request_uri`, and no query in it).
  explicit CacheFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Unavailable, naming the file, when one can't be removed; the others are.
  eventstore::Stored<eventstore::Done> purge(std::span<const std::string> paths) override;
  // Of what is below the folder only files that nginx could have made.
  eventstore::Stored<eventstore::Done> purge_all() override;

 private:
  const std::filesystem::path folder_;
};

}  // namespace cassette::api
