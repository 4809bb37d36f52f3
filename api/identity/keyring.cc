// Keyring: the master key's file, and the data keys that are read, made and destroyed.
#include "api/identity/keyring.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mutex>

#include "api/identity/key_wrapping.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Stored;
using eventstore::StoreError;

Failure<StoreError> fail(StoreError::Kind kind, std::string what) {
  return Failure{StoreError{kind, std::move(what)}};
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  bool ok() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// Written whole or not at all: to a file beside it, synced, then renamed.
Stored<SecretKey> create_master_key(const std::filesystem::path& file) {
  SecretKey key;
  randombytes_buf(key.data(), key.size());
  const std::string draft = file.string() + ".new";
  ::unlink(draft.c_str());
  const File out(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const bool written = out.ok() && ::write(out.get(), key.data(), key.size()) == std::ssize(key) &&
                       ::fsync(out.get()) == 0;
  if (!written || ::rename(draft.c_str(), file.c_str()) != 0) {
    return fail(StoreError::Kind::Full, fmt::format("cannot write {}", file.string()));
  }
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const File directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.ok() || ::fsync(directory.get()) != 0) {
    return fail(StoreError::Kind::Full, fmt::format("cannot sync {}", folder.string()));
  }
  return key;
}

// A keyring knows one master key, and finds nothing that is under the other.
Stored<Done> refuse_rotation(eventstore::KeyValue& bucket) {
  const auto begun = bucket.get(kRotationKey);
  if (!begun) return Failure{begun.error()};
  if (!begun.value()) return Done{};
  return fail(StoreError::Kind::Unsupported,
              "a rotation of the master key was begun and not finished: do it again, with the same "
              "new key");
}

}  // namespace

std::string bucket_key(std::string_view subject) {
  std::string key(subject);
  for (char& c : key) {
    if (c == ':') c = '.';
  }
  return key;
}

Stored<SecretKey> load_master_key(const std::filesystem::path& file, bool may_create) {
  const File in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in.ok()) {
    if (errno == ENOENT && may_create) return create_master_key(file);
    return fail(StoreError::Kind::Unsupported,
                fmt::format("the master key {} can't be read (errno {}): what was sealed with it "
                            "can't be opened without it",
                            file.string(), errno));
  }
  struct stat status {};
  if (::fstat(in.get(), &status) != 0 || (status.st_mode & 077) != 0) {
    return fail(
        StoreError::Kind::Unsupported,
        fmt::format("the master key {} may be read by others: chmod 600 it", file.string()));
  }
  SecretKey key;
  if (status.st_size != std::ssize(key) ||
      ::read(in.get(), key.data(), key.size()) != std::ssize(key)) {
    return fail(StoreError::Kind::Unsupported,
                fmt::format("the master key {} has {} bytes, not {}", file.string(), status.st_size,
                            key.size()));
  }
  return key;
}

Keyring::Keyring(const SecretKey& master, eventstore::KeyValue& bucket)
    : master_(master), bucket_(bucket) {}

Stored<std::unique_ptr<Keyring>> Keyring::open(const std::filesystem::path& master_file,
                                               eventstore::KeyValue& bucket) {
  CHECK(sodium_init() >= 0);
  if (auto whole = refuse_rotation(bucket); !whole) return Failure{whole.error()};
  const auto signing = bucket.get(bucket_key(kSigningSubject));
  if (!signing) return Failure{signing.error()};
  const bool first_start = !signing.value().has_value();
  const auto master = load_master_key(master_file, first_start);
  if (!master) return Failure{master.error()};
  std::unique_ptr<Keyring> keyring(new Keyring(master.value(), bucket));
  auto root = keyring->obtain(kSigningSubject);
  if (!root) {
    if (root.error().kind != StoreError::Kind::Corrupt) return Failure{root.error()};
    return fail(StoreError::Kind::Mismatch,
                fmt::format("{} is not the master key that this marketplace's data is sealed with",
                            master_file.string()));
  }
  if (!root.value()) return fail(StoreError::Kind::Corrupt, "the signing key was destroyed");
  keyring->signing_root_ = *root.value();
  return keyring;
}

std::optional<std::optional<SecretKey>> Keyring::cached(std::string_view subject) const {
  const std::shared_lock lock(mutex_);
  const auto found = cache_.find(std::string(subject));
  if (found == cache_.end()) return std::nullopt;
  return found->second;
}

std::uint64_t Keyring::destroyed() const {
  const std::shared_lock lock(mutex_);
  return destroyed_;
}

std::size_t Keyring::cached_keys() const {
  const std::shared_lock lock(mutex_);
  return cache_.size();
}

void Keyring::remember(std::string_view subject, const std::optional<SecretKey>& key,
                       std::uint64_t destroyed) {
  const std::unique_lock lock(mutex_);
  // A destroyed key never comes back, however late an older read of it ends, and whether its place
  // is still here or not.
  if (key && destroyed != destroyed_) return;
  if (!key) ++destroyed_;
  if (cache_.size() >= kMaxCachedKeys) {
    std::erase_if(cache_, [](const auto& each) { return each.second.has_value(); });
    if (cache_.size() >= kMaxCachedKeys / 2) cache_.clear();  // else it would be so again soon
  }
  const auto [entry, added] = cache_.try_emplace(std::string(subject), key);
  if (!added && !key) entry->second.reset();
}

Stored<std::optional<SecretKey>> Keyring::read(std::string_view subject) {
  const std::uint64_t before = destroyed();
  auto entry = bucket_.get(bucket_key(subject));
  if (!entry) return Failure{entry.error()};
  if (!entry.value()) return std::optional<SecretKey>();
  const std::string& value = entry.value()->value;
  std::optional<SecretKey> key;
  if (value != kDestroyedKey) {
    key = unwrap(value, subject, master_);
    if (!key) {
      return fail(StoreError::Kind::Corrupt, fmt::format("the key of {} does not open", subject));
    }
  }
  remember(subject, key, before);
  return cached(subject).value_or(key);
}

Stored<std::optional<SecretKey>> Keyring::find(std::string_view subject) {
  if (const auto known = cached(subject)) return *known;
  return read(subject);
}

Stored<std::optional<SecretKey>> Keyring::obtain(std::string_view subject) {
  auto found = find(subject);
  if (!found || found.value()) return found;
  // Destroyed; or made by another thread since this one looked.
  if (const auto known = cached(subject)) return *known;
  SecretKey key;
  randombytes_buf(key.data(), key.size());
  const auto created = bucket_.create(bucket_key(subject), wrap(key, subject, master_));
  if (!created && created.error().kind != StoreError::Kind::Conflict) {
    return Failure{created.error()};
  }
  return read(subject);  // the one that won, should two have been made at once
}

// The tombstone first: from then on nobody can make or find a key. That it erases what it replaces
// is a good try; scrubbing says whether it did.
Stored<Done> Keyring::destroy(std::string_view subject) {
  const auto tombstone = bucket_.put(bucket_key(subject), kDestroyedKey);
  if (!tombstone) return Failure{tombstone.error()};
  remember(subject, std::nullopt, destroyed());
  return bucket_.scrub(bucket_key(subject));
}

Stored<Done> Keyring::scrub(std::string_view subject) {
  return bucket_.scrub(bucket_key(subject));
}

Stored<bool> Keyring::is_destroyed(std::string_view subject) {
  const auto entry = bucket_.get(bucket_key(subject));
  if (!entry) return Failure{entry.error()};
  return entry.value() && entry.value()->value == kDestroyedKey;
}

}  // namespace cassette::api
