// HeadLog: the file of a notary's signed heads, one a line, head 1 first. It is only appended to,
// and made to be copied elsewhere while it grows. What a head is worth is not its business.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "eventstore/data_folder.h"
#include "replay/signed_head.h"

namespace cassette::replay {

// Thread-safe; one thread appends.
class HeadLog {
 public:
  // Makes the file when it is missing. A last line that was not finished is dropped. Corrupt when
  // the last one that was is no head of its line's number.
  static eventstore::Stored<std::unique_ptr<HeadLog>> open(const std::filesystem::path& file);

  // How many there are: the last one's number.
  std::uint64_t count() const;
  // Nothing when there is none of that number.
  eventstore::Stored<std::optional<SignedHead>> head(std::uint64_t number) const;
  eventstore::Stored<std::optional<SignedHead>> last() const { return head(count()); }

  // The head of number count() + 1. On the disk when this returns.
  eventstore::Stored<eventstore::Done> append(const SignedHead& head);

 private:
  HeadLog(std::filesystem::path path, eventstore::FileDescriptor fd)
      : path_(std::move(path)), fd_(std::move(fd)) {}

  eventstore::Stored<eventstore::Done> load();

  const std::filesystem::path path_;
  const eventstore::FileDescriptor fd_;
  mutable std::mutex mutex_;         // of `ends_`
  std::vector<std::uint64_t> ends_;  // where each line ends, in bytes
};

}  // namespace cassette::replay
