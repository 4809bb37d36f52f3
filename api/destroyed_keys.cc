// One look into the bucket a subject.
#include "api/destroyed_keys.h"

#include <spdlog/spdlog.h>

#include "api/identity/key_wrapping.h"
#include "api/identity/keyring.h"

namespace cassette::api {

replay::IsErased erased_in(std::shared_ptr<eventstore::KeyValue> keys) {
  return [keys = std::move(keys)](std::string_view subject) -> std::optional<bool> {
    const auto entry = keys->get(bucket_key(subject));
    if (!entry.ok()) {
      spdlog::warn("whether {} was erased is not known: {}", subject, entry.error().what);
      return std::nullopt;
    }
    return entry.value() && entry.value()->value == kDestroyedKey;
  };
}

}  // namespace cassette::api
