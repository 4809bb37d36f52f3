// CsvTable: splits text into records, a character at a time.
#include "api/import/csv.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "eventstore/json_read.h"

namespace cassette::api::importing {
namespace {

using Record = std::vector<std::string>;

// Walks the text; after each record stands at the start of the next one.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  bool at_end() const { return at_ >= text_.size(); }
  std::size_t line() const { return line_; }

  // False for a quoted field that never ends, or that something follows.
  bool read(Record& record) {
    record.clear();
    for (;;) {
      std::string field;
      if (!(peek() == '"' ? read_quoted(field) : read_plain(field))) return false;
      record.push_back(std::move(field));
      if (peek() != ',') break;
      ++at_;
    }
    return end_line();
  }

 private:
  char peek() const { return at_end() ? '\n' : text_[at_]; }

  bool read_plain(std::string& field) {
    const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    field = text_.substr(at_, end - at_);
    at_ = end;
    return true;
  }

  bool read_quoted(std::string& field) {
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') ++line_;
      if (c == '"') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') return ++at_, true;
        ++at_;
      }
      field += c;
    }
    return false;
  }

  bool end_line() {
    if (peek() == '\r') ++at_;
    if (peek() != '\n') return false;
    ++at_;
    ++line_;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

Result<CsvTable, std::string> CsvTable::parse(std::string_view text) {
  Scanner scanner(text);
  CsvTable table;
  Record record;
  if (scanner.at_end() || !scanner.read(record)) return Failure{std::string("no header line")};
  for (std::size_t i = 0; i < record.size(); ++i) table.columns_.emplace(record[i], i);
  while (!scanner.at_end()) {
    const std::size_t line = scanner.line();
    if (!scanner.read(record)) return Failure{fmt::format("line {} is malformed", line)};
    if (record.size() != table.columns_.size()) {
      return Failure{fmt::format("line {} has {} fields, the header {}", line, record.size(),
                                 table.columns_.size())};
    }
    table.rows_.push_back(std::move(record));
  }
  return table;
}

Result<CsvTable, std::string> CsvTable::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return Failure{path + " can't be read"};
  if (!eventstore::valid_utf8(text.view())) return Failure{path + " is not UTF-8"};
  Result<CsvTable, std::string> table = parse(text.view());
  if (!table) return Failure{path + ": " + table.error()};
  return table;
}

const std::string& CsvTable::at(std::size_t row, std::string_view column) const {
  const auto found = columns_.find(std::string(column));
  CHECK(row < rows_.size() && found != columns_.end());
  return rows_[row][found->second];
}

}  // namespace cassette::api::importing
