// SmallDisk: a file system of a few megabytes at a folder, which a test can fill. It needs the
// right to mount; a test without it says loudly that it proves nothing.
#pragma once

#include <cstdint>
#include <filesystem>

namespace cassette::test {

// What is in the folder moves onto the disk. At the end of this the disk is gone with all on it;
// whoever uses it must have ended.
class SmallDisk {
 public:
  // CHECK-fails when the mount is refused although `possible` said yes.
  SmallDisk(std::filesystem::path folder, std::uint64_t bytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Whether this process may mount at all.
  static bool possible();

  // Leaves no byte free, by a file that `make_room` removes.
  void fill();
  void make_room();
  // Makes the disk this large.
  void grow(std::uint64_t bytes);

 private:
  std::filesystem::path folder_;
};

}  // namespace cassette::test
