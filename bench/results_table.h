// ResultsTable: the lines of results.json as Markdown tables, one a benchmark, to be pasted into a
// page. It measures and rounds nothing that results.json does not have.
#pragma once

#include <string>
#include <vector>

namespace cassette::bench {

// `lines` are objects of results.json, those of one benchmark in the order of their rows; tables
// come in the order in which their benchmarks first occur.
std::string to_markdown(const std::vector<std::string>& lines);

}  // namespace cassette::bench
