// Words: how texts are cut for search, the same for products and for queries.
// A word is a run of letters and digits; everything above ASCII counts as a letter. Case is folded
// for ASCII only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "projections/product_document.h"

namespace cassette::projections {

// Words of one product that search knows: bounds its entries in the index.
inline constexpr std::size_t kMaxWords = 500;
// A longer word is cut, in products and queries alike. Bytes.
inline constexpr std::size_t kMaxWordBytes = 64;

// In order, repeated ones too.
std::vector<std::string> words_in(std::string_view text);

// The distinct words of name, SKU, category and description, sorted; at most kMaxWords, and those
// of the description are the first to go.
std::vector<std::string> words_of(const ProductDocument& document);

}  // namespace cassette::projections
