// Cuts texts into words.
#include "projections/words.h"

#include <algorithm>
#include <set>

namespace cassette::projections {
namespace {

bool in_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || byte >= 0x80;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::vector<std::string> words_in(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (const char c : text) {
    if (!in_word(c)) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (words.back().size() < kMaxWordBytes) words.back().push_back(lower(c));
  }
  return words;
}

std::vector<std::string> words_of(const ProductDocument& document) {
  std::set<std::string> words;
  for (const std::string* text :
       {&document.name, &document.sku, &*document.category, &*document.description}) {
    for (std::string& word : words_in(*text)) {
      if (words.size() < kMaxWords) words.insert(std::move(word));
    }
  }
  return {words.begin(), words.end()};
}

}  // namespace cassette::projections
