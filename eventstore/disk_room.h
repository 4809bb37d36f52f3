// Disk room: stops a store's writes while there is still room to stop in.
// A database whose log has met a full disk half-way through a write is hard to go on with; one that
// was never asked to write goes on as soon as there is room again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <system_error>

namespace cassette::eventstore {

// What stays free: more than a memtable's flush and a log's preallocation take. Bytes.
inline constexpr std::uint64_t kDiskReserveBytes = 8ULL << 20;

// Whether the disk of `folder` takes `bytes` more and keeps its reserve. True when it can't be
// told.
inline bool has_disk_room(const std::filesystem::path& folder, std::uint64_t bytes) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  return error || space.available >= bytes + kDiskReserveBytes;
}

}  // namespace cassette::eventstore
