// AppendedCommit: a commit as its engine appended it, shared by those who need its events: the
// archive, and the callers who answer from it.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "eventstore/commit.h"

namespace cassette::eventstore {

// Thread-safe.
class AppendedCommit {
 public:
  // `hash` is that of the body.
  AppendedCommit(Position position, const Hash& hash, std::shared_ptr<const std::string> body)
      : position_(position), hash_(hash), body_(std::move(body)) {}

  Position position() const { return position_; }
  std::size_t bytes() const { return body_->size(); }
  // Whoever asks first decodes it, and others wait for that. Null when the body can't be read;
  // valid as long as this is.
  const StoredCommit* decoded() const;

 private:
  const Position position_;
  const Hash hash_;
  const std::shared_ptr<const std::string> body_;
  mutable std::once_flag once_;
  mutable std::optional<StoredCommit> decoded_;
};

}  // namespace cassette::eventstore
