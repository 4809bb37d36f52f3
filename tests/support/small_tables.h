// A handful of AdventureWorks rows, made up, in a folder of their own: two vendors who both supply
// product 1, product 2 that no one supplies, and two orders.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace cassette::test {

// Writes the files and removes them again.
class SmallTables {
 public:
  SmallTables();
  ~SmallTables();
  SmallTables(const SmallTables&) = delete;
  SmallTables& operator=(const SmallTables&) = delete;

  std::string folder() const { return folder_.string(); }
  void replace(const std::string& file, const std::string& text) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace cassette::test
