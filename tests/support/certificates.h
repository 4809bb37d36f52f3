// Certificates for tests: made anew for each, signed by themselves. No part of a test's claim.
#pragma once

#include <filesystem>
#include <string>

namespace cassette::test {

struct Certificate {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

// For `name` and 127.0.0.1, valid for a day, with a P-256 key.
Certificate self_signed(const std::string& name);

void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace cassette::test
