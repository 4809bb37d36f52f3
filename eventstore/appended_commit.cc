// AppendedCommit: decodes its body at most once.
#include "eventstore/appended_commit.h"

#include <utility>

#include "eventstore/codec.h"

namespace cassette::eventstore {

const StoredCommit* AppendedCommit::decoded() const {
  std::call_once(once_, [this] {
    auto commit = decode(*body_);
    if (!commit) return;
    decoded_.emplace(StoredCommit{position_, hash_, body_->size(), std::move(commit).value()});
  });
  return decoded_ ? &*decoded_ : nullptr;
}

}  // namespace cassette::eventstore
