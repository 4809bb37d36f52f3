// CsvTable: a comma-separated file with a header line, as RFC 4180 has it: fields may be quoted,
// and then hold commas, line ends and doubled quotes. It knows nothing of what the fields mean.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/result.h"

namespace cassette::api::importing {

class CsvTable {
 public:
  // The failure names the line. A row with more or fewer fields than the header is one; a byte
  // order mark, CRLF and a missing last line end are not.
  static Result<CsvTable, std::string> parse(std::string_view text);
  // The failure names the file.
  static Result<CsvTable, std::string> load(const std::string& path);

  std::size_t size() const { return rows_.size(); }
  bool has(std::string_view column) const { return columns_.contains(std::string(column)); }
  // CHECK-fails for a column that the header doesn't have.
  const std::string& at(std::size_t row, std::string_view column) const;

 private:
  std::unordered_map<std::string, std::size_t> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace cassette::api::importing
