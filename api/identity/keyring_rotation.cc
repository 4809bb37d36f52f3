// The master key's rotation: a marker, every key by compare-and-set, the key's file, the marker
// gone. Each step stands alone, so that a repeat goes on wherever the last one ended.
#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <cstdio>

#include "api/identity/key_wrapping.h"
#include "api/identity/keyring.h"
#include "eventstore/data_folder.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Stored;
using eventstore::StoreError;

// Attempts at one key while others change it: only its destroying can, and that but once.
constexpr int kMaxAttempts = 5;

Failure<StoreError> fail(StoreError::Kind kind, std::string what) {
  return Failure{StoreError{kind, std::move(what)}};
}

// The reverse of `bucket_key`: no kind has a dot.
std::string subject_of(std::string key) {
  if (const std::size_t dot = key.find('.'); dot != std::string::npos) key[dot] = ':';
  return key;
}

class Rotation {
 public:
  Rotation(const SecretKey& old_master, const SecretKey& new_master, eventstore::KeyValue& bucket)
      : old_(old_master), new_(new_master), bucket_(bucket) {}

  // Once this has succeeded the only way is forward.
  Stored<Done> begin() {
    const auto marker = bucket_.get(kRotationKey);
    if (!marker) return Failure{marker.error()};
    if (marker.value()) return recognise(marker.value()->value);
    auto ours = check_root();
    if (!ours) return ours;
    const std::string text = check_text(old_) + " " + check_text(new_);
    const auto marked = bucket_.create(kRotationKey, text);
    if (!marked) return Failure{marked.error()};
    return Done{};
  }

  Stored<MasterRotation> rewrap_all() {
    auto keys = bucket_.keys();
    if (!keys) return Failure{std::move(keys).error()};
    MasterRotation rotation;
    for (const std::string& key : keys.value()) {
      if (key == kRotationKey) continue;
      auto moved = move(key);
      if (!moved) return Failure{std::move(moved).error()};
      ++(moved.value() ? rotation.rewrapped : rotation.already);
      auto scrubbed = bucket_.scrub(key);
      if (!scrubbed) return Failure{std::move(scrubbed).error()};
    }
    return rotation;
  }

  Stored<Done> finish() { return bucket_.purge(kRotationKey); }

 private:
  Stored<Done> recognise(std::string_view marker) const {
    if (marker.ends_with(" " + check_text(new_))) return Done{};
    return fail(StoreError::Kind::Mismatch,
                "a rotation to another new master key was begun: finish it with that one");
  }

  // Without a marker all is under one master key: the old one, or the new when all is done but that
  // the old file was put back.
  Stored<Done> check_root() {
    const auto root = bucket_.get(bucket_key(kSigningSubject));
    if (!root) return Failure{root.error()};
    if (!root.value()) return fail(StoreError::Kind::Mismatch, "there are no keys to rewrap");
    const std::string& wrapped = root.value()->value;
    if (unwrap(wrapped, kSigningSubject, old_) || unwrap(wrapped, kSigningSubject, new_)) {
      return Done{};
    }
    return fail(StoreError::Kind::Mismatch,
                "this is not the master key that this marketplace's data is sealed with");
  }

  // False when the key needs no move: it is under the new master key already, or was destroyed.
  Stored<bool> move(const std::string& key) {
    const std::string subject = subject_of(key);
    for (int attempt = 1;; ++attempt) {
      const auto entry = bucket_.get(key);
      if (!entry) return Failure{entry.error()};
      if (!entry.value() || entry.value()->value == kDestroyedKey) return false;
      const std::string& wrapped = entry.value()->value;
      if (unwrap(wrapped, subject, new_)) return false;
      const auto data_key = unwrap(wrapped, subject, old_);
      if (!data_key) {
        return fail(StoreError::Kind::Corrupt,
                    fmt::format("the key of {} opens with neither master key", subject));
      }
      const auto moved =
          bucket_.update(key, wrap(*data_key, subject, new_), entry.value()->revision);
      if (moved) return true;
      const bool raced = moved.error().kind == StoreError::Kind::Conflict;
      if (!raced || attempt == kMaxAttempts) return Failure{moved.error()};
    }
  }

  const SecretKey& old_;
  const SecretKey& new_;
  eventstore::KeyValue& bucket_;
};

// The file with the new key stays whole meanwhile, whatever its name: for a moment it is the only
// place where the key that everything is wrapped by is kept.
Stored<Done> install(const SecretKey& key, const std::filesystem::path& file) {
  const std::string draft = file.string() + "." + check_text(key);
  const std::string_view bytes(reinterpret_cast<const char*>(key.data()), key.size());
  auto written = eventstore::replace_file(draft, bytes);
  if (!written) return written;
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const eventstore::FileDescriptor opened(
      ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (::rename(draft.c_str(), file.c_str()) != 0 || !opened || ::fsync(opened.get()) != 0) {
    return Failure{eventstore::file_error("replacing", file)};
  }
  return Done{};
}

}  // namespace

// The file goes before the marker: a keyring that is opened in between is refused, and not told
// that its key is another one.
Stored<MasterRotation> rotate_master_key(const std::filesystem::path& master_file,
                                         const std::filesystem::path& new_master_file,
                                         eventstore::KeyValue& bucket) {
  CHECK(sodium_init() >= 0);
  const auto old_master = load_master_key(master_file, false);
  if (!old_master) return Failure{old_master.error()};
  const auto new_master = load_master_key(new_master_file, true);
  if (!new_master) return Failure{new_master.error()};
  Rotation rotation(old_master.value(), new_master.value(), bucket);
  if (auto begun = rotation.begin(); !begun) return Failure{begun.error()};
  auto done = rotation.rewrap_all();
  if (!done) return done;
  if (auto installed = install(new_master.value(), master_file); !installed) {
    return Failure{installed.error()};
  }
  if (auto finished = rotation.finish(); !finished) return Failure{finished.error()};
  return done;
}

}  // namespace cassette::api
