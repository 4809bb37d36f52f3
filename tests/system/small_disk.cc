// SmallDisk: a tmpfs.
#include "tests/system/small_disk.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "domain/check.h"

namespace cassette::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBallast = ".ballast";
constexpr std::size_t kPiece = 4096;

std::string options_for(std::uint64_t bytes) {
  return "size=" + std::to_string(bytes);
}

bool mount_at(const fs::path& folder, std::uint64_t bytes, unsigned long flags) {
  return mount("tmpfs", folder.c_str(), "tmpfs", flags, options_for(bytes).c_str()) == 0;
}

}  // namespace

SmallDisk::SmallDisk(fs::path folder, std::uint64_t bytes) : folder_(std::move(folder)) {
  const fs::path aside = folder_.string() + ".aside";
  fs::create_directories(folder_);
  fs::rename(folder_, aside);
  fs::create_directory(folder_);
  CASSETTE_CHECK(mount_at(folder_, bytes, 0));
  fs::copy(aside, folder_, fs::copy_options::recursive);
  fs::remove_all(aside);
}

SmallDisk::~SmallDisk() {
  umount2(folder_.c_str(), MNT_DETACH);
}

bool SmallDisk::possible() {
  static const bool allowed = [] {
    std::string folder = (fs::temp_directory_path() / "cassette-mount-XXXXXX").string();
    CASSETTE_CHECK(mkdtemp(folder.data()) != nullptr);
    const bool mounted = mount_at(folder, kPiece, 0);
    if (mounted) umount2(folder.c_str(), MNT_DETACH);
    fs::remove(folder);
    return mounted;
  }();
  return allowed;
}

void SmallDisk::fill() {
  const int file = open((folder_ / kBallast).c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  CASSETTE_CHECK(file >= 0);
  const std::vector<char> piece(kPiece, 'x');
  while (write(file, piece.data(), piece.size()) > 0) continue;
  close(file);
}

void SmallDisk::make_room() {
  fs::remove(folder_ / kBallast);
}

void SmallDisk::grow(std::uint64_t bytes) {
  CASSETTE_CHECK(mount_at(folder_, bytes, MS_REMOUNT));
}

}  // namespace cassette::test
